/** `text` as one word of the shell: sh on Linux, PowerShell on Windows. */
export function shellWord(text: string, windows: boolean): string {
  if (/^[\w./:@%+=,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", windows ? "''" : "'\\''")}'`;
}
