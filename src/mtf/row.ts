// A row of RESTORE HEADERONLY, FILELISTONLY or LABELONLY, under T-SQL's names of its columns. What is not known is absent.

export type Value = string | number | boolean;
export type Row = Readonly<Record<string, Value>>;

export function textOf(row: Row | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(row: Row | undefined, column: string): number | undefined {
  const value = row?.[column];
  return typeof value === 'number' ? value : undefined;
}
