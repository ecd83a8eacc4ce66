// The only door to the TDS driver. It opens when a connection is wanted, never for --help, info or verify: the package
// brings 436 modules and 215 ms (Node 20, 2 cores, warm). More than half of both is the Entra ID login of Azure, which
// tedious requires at its top and which a sysadmin next to the server never uses; without it and without a second copy
// of Node's own streams 147 modules and 85 ms.

import { createRequire, Module } from 'node:module';

export type Mssql = typeof import('mssql');

/** Packages that tedious requires eagerly and touches only for Entra ID logins and Azure Key Vault columns. */
const unusedPackages = ['@azure/identity', '@azure/keyvault-keys', '@azure/core-auth'];

/** The driver package, loaded once per process. */
export async function loadMssql(): Promise<Mssql> {
  const restorations = [leaveOutUnused(), useNodeStreams()];
  try {
    const { default: mssql } = await import('mssql');
    return mssql as unknown as Mssql;
  } finally {
    for (const restore of restorations) restore();
  }
}

/** readable-stream, which bl brings, stands back for the streams of Node itself when told so (its documented switch). */
function useNodeStreams(): () => void {
  const { READABLE_STREAM: before } = process.env;
  process.env.READABLE_STREAM = 'disable';
  return () => {
    if (before === undefined) delete process.env.READABLE_STREAM;
    else process.env.READABLE_STREAM = before;
  };
}

/**
 * Puts empty modules into `require.cache` (documented: "adding or replacing entries is also possible") and returns
 * what takes them out again, so nobody else gets them. Where a package is not found the driver loads as a whole.
 */
function leaveOutUnused(): () => void {
  const { cache, resolve } = createRequire(import.meta.url);
  const seeded: string[] = [];
  try {
    const fromTedious = createRequire(createRequire(resolve('mssql')).resolve('tedious'));
    for (const path of unusedPackages.map((name) => fromTedious.resolve(name))) {
      if (cache[path]) continue;
      cache[path] = Object.assign(new Module(path), { loaded: true });
      seeded.push(path);
    }
  } catch {
    // Another layout of the driver: everything it wants is loaded, as without this function.
  }
  return () => {
    for (const path of seeded) delete cache[path];
  };
}
