// Text from files and servers for one line of a terminal.

/** `text` without what could move the cursor, recolour the terminal or end the line: each such character is a `?`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
