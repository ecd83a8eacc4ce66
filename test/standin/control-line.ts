// One line of the control channel (PROTOCOL.md): verb, then key=value with percent-encoded values.

export interface ControlLine {
  readonly verb: string;
  readonly values: Readonly<Record<string, string>>;
}

export type ControlValue = string | number | readonly string[];

export function parseControlLine(line: string): ControlLine {
  const [verb = '', ...words] = line.split(' ').filter((word) => word !== '');
  const pairs = words
    .filter((word) => word.includes('='))
    .map((word): [string, string] => {
      const equals = word.indexOf('=');
      return [word.slice(0, equals), decodeURIComponent(word.slice(equals + 1))];
    });
  return { verb, values: Object.fromEntries(pairs) };
}

/** A list is encoded item by item, so that its commas stay separators. */
export function formatControlLine(
  verb: string,
  values: Readonly<Record<string, ControlValue>>,
): string {
  const pairs = Object.entries(values).map(([key, value]) => {
    const items = Array.isArray(value) ? value : [value];
    return `${key}=${items.map((item) => encodeURIComponent(String(item))).join(',')}`;
  });
  return [verb, ...pairs].join(' ');
}
