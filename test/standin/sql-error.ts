// A T-SQL message that ends a statement, as SQL Server would number and word it.

export interface ServerMessage {
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  readonly text: string;
}

/** One that ends its statement. */
export function errorMessage(number: number, text: string, severity = 16): ServerMessage {
  return { number, severity, state: 1, text };
}

export class SqlError extends Error {
  readonly number: number;
  readonly severity: number;
  readonly state: number;

  constructor(number: number, severity: number, text: string, state = 1) {
    super(text);
    this.name = 'SqlError';
    this.number = number;
    this.severity = severity;
    this.state = state;
  }

  get text(): string {
    return this.message;
  }
}

/** Raised while reading the batch: nothing of the batch runs. */
export class SyntaxProblem extends SqlError {}

export const syntaxNear = (text: string) =>
  new SyntaxProblem(102, 15, `Incorrect syntax near '${text}'.`);
export const syntaxNearKeyword = (text: string) =>
  new SyntaxProblem(156, 15, `Incorrect syntax near the keyword '${text.toUpperCase()}'.`);
export const invalidObject = (name: string) =>
  new SqlError(208, 16, `Invalid object name '${name}'.`);
export const invalidColumn = (name: string) =>
  new SqlError(207, 16, `Invalid column name '${name}'.`);
export const unknownFunction = (name: string) =>
  new SqlError(195, 15, `'${name}' is not a recognized built-in function name.`, 10);
export const undeclaredVariable = (name: string) =>
  new SqlError(137, 15, `Must declare the scalar variable "${name}".`, 2);
export const unknownProcedure = (name: string) =>
  new SqlError(2812, 16, `Could not find stored procedure '${name}'.`, 62);
export const conversionFailed = (value: string, type: string) =>
  new SqlError(
    245,
    16,
    `Conversion failed when converting the nvarchar value '${value}' to data type ${type}.`,
  );

export const unknownDatabase = (name: string) =>
  new SqlError(
    911,
    16,
    `Database '${name}' does not exist. Make sure that the name is entered correctly.`,
  );
