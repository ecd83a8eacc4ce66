// A process of its own for tests that need one: limits, pipes, locks.
//   file PATH BYTES     writes BYTES into PATH.partial, publishes
//   stdout BYTES        writes BYTES to descriptor 1
//   check PATH          checks PATH as a destination
//   hold PATH           begins PATH.partial and waits to be killed
//   lock FOLDER NAME    takes the lock and waits to be killed
// Reports one line of JSON on standard error.
import { writeSync } from 'node:fs';
import { asError, Failure } from '../../../src/base/errors.ts';
import { createPartial } from '../../../src/job/files/run-lock.ts';
import { checkDestinations } from '../../../src/storage/destination.ts';
import { lockDestination } from '../../../src/storage/file/destination-lock.ts';
import { publish } from '../../../src/storage/file/publication.ts';
import type { Sink } from '../../../src/storage/sink.ts';
import { openStdoutSink } from '../../../src/storage/stdout-sink.ts';
import { socketHolder } from '../../../src/system/lock/socket-peer.ts';

const pieceBytes = 1 << 20;

function report(result: object): void {
  writeSync(2, `${JSON.stringify(result)}\n`);
}

async function fill(sink: Sink, bytes: number): Promise<void> {
  const piece = new Uint8Array(pieceBytes).fill(0x61);
  for (let at = 0; at < bytes; at += pieceBytes) {
    await sink.write(piece.subarray(0, Math.min(pieceBytes, bytes - at)), at);
  }
  await sink.sync();
  await sink.close();
}

async function main([verb, first = '', second = '']: string[]): Promise<void> {
  if (verb === 'file') {
    const partial = await createPartial(first);
    try {
      await fill(partial, Number(second));
      await publish([partial], { overwrite: false });
    } finally {
      await partial.discard();
    }
  } else if (verb === 'stdout') await fill(openStdoutSink(1), Number(first));
  else if (verb === 'hold') {
    await (await createPartial(first)).write(Buffer.from('begun'), 0);
    setInterval(() => undefined, 1000);
  } else if (verb === 'check') await checkDestinations([first], { overwrite: false });
  else {
    await lockDestination({ path: first, folder: first, name: second }, socketHolder);
    setInterval(() => undefined, 1000);
  }
  report({ done: true });
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  const { message } = asError(thrown);
  const { kind, code, win32 } = thrown instanceof Failure ? thrown : ({} as Partial<Failure>);
  report({ message, kind, code, win32 });
});
