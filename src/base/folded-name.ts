// What names have in common that one folder may take for the same file. Windows and many shares do not tell capitals from
// small letters; macOS, and ext4 with casefold, neither tell how a character is composed, nor see what is invisible.
// Source: The Unicode Standard, 3.13, canonical caseless matching; kernel.org, filesystems/ext4, "Case-insensitive file
// name lookups".

/** Equal for names that may be one file somewhere. Through capitals first, so that ß is ss and both sigmas are one. */
export function foldedName(name: string): string {
  const visible = name.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
  return visible.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
