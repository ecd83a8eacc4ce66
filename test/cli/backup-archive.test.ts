// What an archive says about itself: header, trailer and seek table of a real run, read with our own decoders.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeArchiveHeader } from '../../src/archive/header.ts';
import { decodeArchiveTrailer } from '../../src/archive/trailer.ts';
import type { Rig } from '../rig/rig.ts';
import { seekTableEntries } from '../rig/seek-table.ts';
import { assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll } from '../rig/zstd.ts';

const files = ['s1.zst', 's2.zst', 's3.zst'];
const endOfStream = /MSLS SFMB ESET ESET SFMB$/;

test('a log at level debug says what the stream looks like', () =>
  trial(['l.log', 's.zst'], async (rig) => {
    const log = ['--log-file', 'l.log', '--log-level', 'debug'];
    assertSucceeded(await rig.run(['Sales', 's.zst', ...log]).ended);
    const lines = (await rig.read('l.log')).toString().trimEnd().split('\n');
    const { data } = lines
      .map((line) => JSON.parse(line))
      .find(({ message }) => message === 'stream');
    assert.equal(data.stripe, 1);
    assert.equal(data.blockSize, 512);
    assert.match(data.lastBlocks, endOfStream);
  }));

for (const completeEnabled of [true, false]) {
  test(`header, trailer and seek table of three stripes tell what happened${completeEnabled ? '' : ' (no VDC_Complete)'}`, () =>
    trial(
      files,
      async (rig) => {
        rig.server.fault({
          flushes: 3 * 1024 * 1024,
          messages: [{ number: 3009, severity: 16, text: 'msdb' }],
        });
        assertSucceeded(
          await rig.run([
            'Sales',
            ...files,
            '--type',
            'full',
            '--compress',
            'zstd:5',
            '--threads',
            '2',
          ]).ended,
        );
        const ids = new Set<string>();
        for (const [stripe, file] of files.entries())
          ids.add(await assertArchive(rig, file, stripe + 1));
        assert.equal(ids.size, 1, 'one set id');
      },
      { completeEnabled },
    ));
}

async function assertArchive(rig: Rig, name: string, stripe: number): Promise<string> {
  const file = await rig.read(name);
  const header = decodeArchiveHeader(file, name);
  const { serverName } = rig.server.instance;
  const {
    setId,
    stripe: number,
    stripes,
    database,
    server,
    type,
    blockSize,
    transferSize,
    compression,
  } = header;
  assert.deepEqual(
    { number, stripes, database, server, type, blockSize, transferSize, compression },
    {
      number: stripe,
      stripes: 3,
      database: 'Sales',
      server: serverName,
      type: 'full',
      blockSize: 512,
      transferSize: 4_194_304,
      compression: { algorithm: 'zstd', level: 5 },
    },
  );
  const entries = seekTableEntries(file);
  const last = entries.at(-1);
  assert.ok(last);
  const trailer = decodeArchiveTrailer(file.subarray(last.offset), name);
  const raw = decompressAll(file);
  const frames = entries.slice(1, -1);
  assert.equal(trailer.setId, setId);
  assert.equal(trailer.stripe, stripe);
  assert.equal(trailer.rawBytes, raw.length);
  assert.equal(trailer.frames, frames.length);
  assert.equal(
    trailer.compressedBytes,
    frames.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0),
  );
  assert.ok(
    frames.length > 1 &&
      frames.every(({ rawBytes }) => rawBytes > 0 && rawBytes <= header.frameSize),
  );
  assert.equal(last.rawOffset, raw.length);
  const numbers = trailer.messages.map(({ number: message }) => message);
  assert.deepEqual(
    numbers.filter((message) => [3009, 3014].includes(message)),
    [3009, 3014],
  );
  assert.ok(trailer.finished !== undefined && trailer.finished >= header.started, 'finished');
  assert.equal(trailer.mtf?.complete, true);
  assert.equal(trailer.mtf?.set?.database, 'Sales');
  assert.match(trailer.mtf?.lastBlocks ?? '', endOfStream);
  return setId;
}
