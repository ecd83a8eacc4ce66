// Where the files of a restored database go. No two files share a path, none takes that of another database.
//
// One file, wish or place a line, its parts between tabs:
//   D|L|C logical physical     a file of the backup
//   M logical path             --move
//   P database logical path    a file of the instance
//   d folder, l folder         default folders; X folder, Y folder: --data-dir, --log-dir
//   N database                 the restored one

import assert from 'node:assert/strict';
import { type ListedFile, readFileList } from '../../../src/sql/facts/file-list.ts';
import { pathKey } from '../../../src/sql/server-path.ts';
import { relocate } from '../../../src/sql/statement/file-relocation.ts';
import { unlessRefused } from '../judge.ts';

const kinds = { D: 'data', L: 'log', C: 'container' } as const;

export function fuzz(data: Uint8Array): void {
  const lines = new TextDecoder().decode(data).split('\n');
  const rows = (letter: string) =>
    lines.filter((line) => line.startsWith(letter)).map((line) => line.slice(1).split('\t'));
  const first = (letter: string) => rows(letter)[0]?.[0];
  const files = listed(rows);
  const database = first('N') ?? 'Sales';
  const placed = rows('P').map(([database = '', logicalName = '', path = '']) => ({
    database,
    logicalName,
    path,
  }));
  const moves = rows('M').map(([logicalName = '', path = '']) => ({ logicalName, path }));
  const wishes = { database, moves, dataFolder: first('X'), logFolder: first('Y') };
  const places = { dataFolder: first('d') ?? '/data', logFolder: first('l') ?? '/log', placed };
  const moved = unlessRefused('usage', () => relocate(files, wishes, places));
  if (!moved) return;
  assert.deepEqual(
    moved.map((move) => move.logicalName),
    files.map((file) => file.logicalName),
  );
  const paths = moved.map((move) => pathKey(move.path));
  assert.equal(new Set(paths).size, paths.length, 'two files in one place');
  const mine = (owner: string) => owner.toLowerCase() === database.toLowerCase();
  // A path that both claim already is the instance's business.
  const own = new Set(
    placed.filter((file) => mine(file.database)).map(({ path }) => pathKey(path)),
  );
  const others = placed.filter(({ path }) => !own.has(pathKey(path)));
  for (const { path } of others) assert.ok(!paths.includes(pathKey(path)), `${path} is taken`);
}

function listed(rows: (letter: string) => string[][]): readonly ListedFile[] {
  const found = Object.keys(kinds).flatMap((Type) =>
    rows(Type).map(([LogicalName, PhysicalName]) => ({
      LogicalName,
      PhysicalName,
      Type,
      Size: '1',
    })),
  );
  return unlessRefused('sql-statement', () => readFileList(found)) ?? [];
}
