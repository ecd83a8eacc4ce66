// What a file is that holds no backup, by its first bytes: people hand over a download page, a pointer of Git LFS or a
// .bacpac, and want to be told so.

/** Bytes that are wanted to recognise it; fewer do for most. */
export const otherFileBytes = 512;

interface OtherFile {
  /** Completes "it is …". */
  readonly what: string;
  /** What to do, a sentence. */
  readonly hint: string;
}

type Kind = OtherFile & { readonly begins: string | RegExp };

const packed = (what: string, begins: string, unpack: string): Kind => ({
  begins,
  what: `compressed with ${what}`,
  hint: `Unpack it first, or in a pipe: ${unpack} FILE | vdibackup restore DATABASE -`,
});

/** Texts are Latin-1: a character is a byte. Sources: the formats' own specifications, and file(1). */
const kinds: readonly Kind[] = [
  {
    begins: 'version https://git-lfs',
    what: 'a pointer of Git LFS',
    hint: 'git lfs pull fetches the file itself.',
  },
  {
    begins: /^\s*<(!doctype html|html|head)\b/i,
    what: 'a web page',
    hint: 'It was downloaded in place of the file, as a rule for want of a login: curl -fL says so.',
  },
  packed('gzip', '\x1f\x8b', 'gzip -dc'),
  packed('xz', '\xfd7zXZ\0', 'xz -dc'),
  packed('bzip2', 'BZh', 'bzip2 -dc'),
  packed('lz4', '\x04\x22\x4d\x18', 'lz4 -dc'),
  {
    begins: 'PK\x03\x04',
    what: 'a zip archive, as .bacpac and .dacpac are',
    hint: 'Unpack a zip. A .bacpac is no native backup: SqlPackage imports it.',
  },
  { begins: '7z\xbc\xaf\x27\x1c', what: 'a 7-Zip archive', hint: 'Unpack it first.' },
  { begins: 'Rar!\x1a\x07', what: 'a RAR archive', hint: 'Unpack it first.' },
  { begins: /^.{257}ustar/s, what: 'a tar archive', hint: 'Unpack it first: tar -xf FILE.' },
  {
    // Page 0 of a data file: header version 1, page type 15.
    begins: '\x01\x0f',
    what: 'a data or log file of SQL Server',
    hint: 'It can be attached, not restored: CREATE DATABASE … FOR ATTACH.',
  },
  {
    begins: 'age-encryption.org/',
    what: 'encrypted with age',
    hint: 'Decrypt it first: age -d FILE | vdibackup restore DATABASE -',
  },
  {
    begins: /^-----BEGIN PGP /,
    what: 'encrypted or signed with PGP',
    hint: 'Decrypt it first.',
  },
  {
    begins: /^\0{12}/,
    what: 'zeros at its beginning',
    hint: 'It was not written there, or not copied: copy it again and compare sizes.',
  },
  {
    begins: /^[\t\n\r\x20-\x7e]{12}/,
    what: 'a text',
    hint: 'Look into it: what should have made the backup may have left a message instead.',
  },
];

/** Of a file that begins with `head`; undefined for what is not known. */
export function otherFile(head: Uint8Array): OtherFile | undefined {
  const text = Buffer.from(head).toString('latin1');
  return kinds.find(({ begins }) =>
    typeof begins === 'string' ? text.startsWith(begins) : begins.test(text),
  );
}
