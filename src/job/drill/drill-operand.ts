// One side of a drill's comparison: what an expectation says and what SQL Server answered, as numbers, moments or text.
// Pure. Where the two are of different kinds there is no answer, and an assertion without an answer must not pass.

/** What an expectation compares with. */
export interface Operand {
  readonly text: string;
  /** Written as a T-SQL literal: text is meant, even where it reads like a number. */
  readonly quoted: boolean;
}

export function operand(written: string): Operand {
  const inside = /^N?'((?:[^']|'')*)'$/s.exec(written)?.[1];
  return inside === undefined
    ? { text: written, quoted: false }
    : { text: inside.replaceAll("''", "'"), quoted: true };
}

/** A number or a date, which have an order. */
export function isComparable({ text }: Operand): boolean {
  return isNumber(text) || momentOf(text) !== undefined;
}

/** A value as a report shows it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  return String(value);
}

/** Of `value` - `expected`: negative, 0 or positive; undefined where the two cannot be compared. */
export function signOf(value: unknown, expected: Operand): number | undefined {
  if (value instanceof Date) return momentSign(value.getTime(), momentOf(expected.text));
  if (typeof value === 'boolean') return bitSign(value, expected.text);
  const text = shownValue(value);
  if (typeof value === 'string' && expected.quoted && !isComparable(expected))
    return textSign(text, expected.text);
  if (isNumber(text) || isNumber(expected.text)) return numberSign(text, expected.text);
  const expectedMoment = momentOf(expected.text);
  if (expectedMoment !== undefined) return momentSign(momentOf(text), expectedMoment);
  return textSign(text, expected.text);
}

function momentSign(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined || Number.isNaN(one) ? undefined : one - other;
}

/** T-SQL takes 'true' and 'false' for a bit, too. */
function bitSign(value: boolean, expected: string): number | undefined {
  const word = expected.trim().toLowerCase();
  const number = word === 'true' ? '1' : word === 'false' ? '0' : expected;
  return numberSign(value ? '1' : '0', number);
}

function textSign(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function numberSign(left: string, right: string): number | undefined {
  if (!isNumber(left) || !isNumber(right)) return undefined;
  const [one, other] = [wholeOf(left), wholeOf(right)];
  if (one === undefined || other === undefined) return Number(left) - Number(right);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** As T-SQL writes numbers: `Number` alone would also read 0x10, which is bytes there. */
function isNumber(text: string): boolean {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text);
}

/** Beyond 2^53 numbers are not exact: bigint columns arrive as text. */
function wholeOf(text: string): bigint | undefined {
  return /^[-+]?\d+$/.test(text.trim()) ? BigInt(text.trim()) : undefined;
}

const isoDate =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[-+]\d\d:?\d\d)?)?$/i;

/**
 * SQL Server's date types have no zone; the driver reads them as UTC. Only ISO 8601: `Date.parse` finds a date in
 * `1000 rows` as well.
 */
function momentOf(text: string): number | undefined {
  const [, date, time = '00:00', zone = 'Z'] = isoDate.exec(text.trim()) ?? [];
  const moment = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(moment) ? undefined : moment;
}
