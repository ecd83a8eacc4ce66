// Foreign text for a terminal and for JSON. Names come from files, servers and command lines: a terminal must not obey
// them, and what it shows must be what is there.

/**
 * Controls (C0, DEL, C1) move the cursor and recolour; format characters turn the reading direction (Trojan Source,
 * CVE-2021-42574) or are not seen at all; line and paragraph separators and halves of surrogate pairs are none of one
 * line's business. Zero-width joiners, which Persian and Indic names do use, are among them: a person who compares two
 * names on a terminal must see that they differ. JSON keeps every name exact.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `text` for one line of a terminal: each such character is a `?`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, '?');
}

/** As `printable`, for text of several lines: line ends and tabs stay. */
export function printableLines(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(unprintable, (one) => (one === '\n' || one === '\t' ? one : '?'));
}

/** `value` as JSON in one line that any terminal may show: the same data, with such characters escaped. */
export function printableJson(value: unknown): string {
  return escapedJson(JSON.stringify(value));
}

/** JSON -> the same JSON; outside of its strings there is nothing to escape but line ends, which stay. */
export function escapedJson(json: string): string {
  return json.replaceAll(unprintable, (one) => (one === '\n' ? one : codeUnits(one)));
}

function codeUnits(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}
