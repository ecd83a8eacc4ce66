// The only door to the TDS driver. It brings 435 modules and about 0.3 s, so it opens when a connection is wanted,
// never for --help, info or verify.

export type Mssql = typeof import('mssql');

/** The driver package, loaded once per process. */
export async function loadMssql(): Promise<Mssql> {
  const { default: mssql } = await import('mssql');
  return mssql as unknown as Mssql;
}
