// process.stdout and process.stderr, which nobody here uses: making Node's own sets O_NONBLOCK on a pipe, for everybody
// who shares it. Packages make them all the same (`debug` asks whether one is a terminal; each new Worker passes its
// output on), so they get something else. Terminals keep Node's, which opens them anew.

import { Writable } from 'node:stream';
import { isatty } from 'node:tty';

/** Puts streams of our own in their places; `print` gets what anybody writes to them. */
export function keepStandardStreams(print: (text: string) => void): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    if (isatty(fd)) continue;
    const stream = Object.assign(streamTo(print), { fd, isTTY: false });
    Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true });
  }
}

function streamTo(print: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      print(String(chunk).trimEnd());
      done();
    },
  });
}
