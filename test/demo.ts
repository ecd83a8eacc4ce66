// npm run demo: one whole backup, as a user would run it, against the stand-in. There is no SQL Server here
// and the demo says so: what is real is vdibackup, its VDI calls, TDS with TLS, zstd and the disk.

import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { formatByteSize, MiB } from '../src/base/byte-size.ts';
import { Rig } from './rig/rig.ts';
import { decompressAll, sha256 } from './rig/zstd.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Large enough to see progress, small enough for any machine. */
const databaseBytes = 256 * MiB;

const rig = await Rig.create({
  databases: [{ name: 'Sales', streams: { kind: 'generate', bytes: databaseBytes } }],
});
try {
  process.exitCode = (await demo()) ? 0 : 1;
} finally {
  await rig.close();
}

async function demo(): Promise<boolean> {
  say('This is a demonstration against the STAND-IN of the test suite, not against SQL Server.');
  say(
    `The stand-in serves the database Sales: ${formatByteSize(databaseBytes)} of generated pages.\n`,
  );
  say('$ vdibackup Sales sales.bak.zst');
  const program = rig.run(['Sales', 'sales.bak.zst']);
  program.child.stderr?.pipe(process.stderr, { end: false });
  const { code } = await program.ended;
  if (code !== 0) return false;
  const archive = rig.path('sales.bak.zst');
  const bytes = await decompressed(archive);
  const sent = await rig.server.expectedBytes('Sales');
  say(`\nthe stand-in sent   ${sent.length} bytes, SHA-256 ${sent.sha256}`);
  say(`the archive gives   ${bytes.length} bytes, SHA-256 ${sha256(bytes)}`);
  const same = bytes.length === sent.length && sha256(bytes) === sent.sha256;
  say(same ? 'byte for byte the same' : 'NOT THE SAME');
  say(
    `the judge saw ${rig.judged().length} events and ${rig.breaches.length} breaches of the VDI contract`,
  );
  return same && rig.breaches.length === 0;
}

/** By the stock zstd where it is installed, as a user would; else by the library. */
async function decompressed(archive: string): Promise<Buffer> {
  const { size } = await stat(archive);
  const stock = spawnSync('zstd', ['-dc', archive], { maxBuffer: 2 * databaseBytes });
  say(
    `\n$ zstd -dc sales.bak.zst   (${formatByteSize(size)}; ${stock.error ? 'the stock zstd is not installed: decompressed by the library' : 'the stock zstd'})`,
  );
  return stock.error ? decompressAll(await readFile(archive)) : stock.stdout;
}
