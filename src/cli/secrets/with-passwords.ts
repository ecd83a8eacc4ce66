// The passwords in `--with "…"`: PASSWORD and MEDIAPASSWORD, which old backups ask for. Found in any text, also one that
// SQL Server would refuse: what is wrong with it must be sayable without them.

/** A comment (nested ones: up to the first end, the rest is skipped as words), a quoted text, a comma, a word. */
const token =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|N?'((?:[^']|'')*)'?|"((?:[^"]|"")*)"?|\[((?:[^\]]|\]\])*)\]?|[,=]|(?:(?!--|\/\*)[^\s,='"[\]])+/gi;

/** After the word PASSWORD, whatever follows up to the next comma is one, however it is quoted. */
export function withPasswords(options: string): string[] {
  const found: string[] = [];
  let expected = false;
  for (const [text, single, double, bracketed] of options.matchAll(token)) {
    const value =
      unquoted(single, "''") ?? unquoted(double, '""') ?? unquoted(bracketed, ']]') ?? text;
    if (text.startsWith('--') || text.startsWith('/*') || text === '=') continue;
    if (text === ',') expected = false;
    else if (expected) found.push(value);
    else if (/PASSWORD$/i.test(value)) expected = true;
  }
  return found.filter((value) => value !== '');
}

function unquoted(text: string | undefined, doubled: string): string | undefined {
  return text?.replaceAll(doubled, doubled.charAt(0));
}
