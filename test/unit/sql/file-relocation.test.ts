import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import { type ListedFile, readFileList } from '../../../src/sql/facts/file-list.ts';
import { pathKey, safeFileName } from '../../../src/sql/server-path.ts';
import {
  type InstancePlaces,
  type RelocationWishes,
  relocate,
} from '../../../src/sql/statement/file-relocation.ts';

function file(
  logicalName: string,
  physicalName: string,
  kind: ListedFile['kind'] = 'data',
): ListedFile {
  return { logicalName, physicalName, kind, size: 1, fileId: 1 };
}

const windowsFiles = [
  file('Sales', 'C:\\Data\\Sales.mdf'),
  file('Sales_log', 'L:\\Log\\Sales_log.ldf', 'log'),
];
const linux: InstancePlaces = {
  dataFolder: '/var/opt/mssql/data/',
  logFolder: '/var/opt/mssql/log',
  placed: [],
};
const windows: InstancePlaces = { dataFolder: 'D:\\SQL Data', logFolder: 'L:\\', placed: [] };
const plain: RelocationWishes = { database: 'Sales', moves: [] };

function paths(
  files: readonly ListedFile[],
  wishes: Partial<RelocationWishes>,
  places: InstancePlaces,
): string[] {
  return relocate(files, { ...plain, ...wishes }, places).map(({ path }) => path);
}

const cases: [
  string,
  readonly ListedFile[],
  Partial<RelocationWishes>,
  InstancePlaces,
  string[],
][] = [
  [
    'Windows paths into a Linux container',
    windowsFiles,
    {},
    linux,
    ['/var/opt/mssql/data/Sales.mdf', '/var/opt/mssql/log/Sales_log.ldf'],
  ],
  [
    'Linux paths into Windows',
    [
      file('a', '/var/opt/mssql/data/Sales.mdf'),
      file('b', '/var/opt/mssql/data/Sales_log.ldf', 'log'),
    ],
    {},
    windows,
    ['D:\\SQL Data\\Sales.mdf', 'L:\\Sales_log.ldf'],
  ],
  [
    'another name in front of the old ones',
    windowsFiles,
    { database: 'Test' },
    linux,
    ['/var/opt/mssql/data/Test_Sales.mdf', '/var/opt/mssql/log/Test_Sales_log.ldf'],
  ],
  [
    'two files of one name apart',
    [file('a', 'C:\\1\\Sales.mdf'), file('b', 'C:\\2\\sales.MDF'), file('c', 'C:\\3\\Sales.mdf')],
    {},
    linux,
    ['Sales.mdf', 'sales_2.MDF', 'Sales_3.mdf'].map((name) => `/var/opt/mssql/data/${name}`),
  ],
  [
    'past the files of other databases, whatever their case',
    windowsFiles,
    {},
    {
      ...linux,
      placed: [{ database: 'Other', logicalName: 'x', path: '/var/opt/mssql/DATA/sales.mdf' }],
    },
    ['/var/opt/mssql/data/Sales_2.mdf', '/var/opt/mssql/log/Sales_log.ldf'],
  ],
  [
    'a replaced database onto its own files',
    windowsFiles,
    {},
    {
      ...linux,
      placed: [
        { database: 'SALES', logicalName: 'sales', path: '/old/place/x.mdf' },
        { database: 'SALES', logicalName: 'extra', path: '/var/opt/mssql/log/Sales_log.ldf' },
      ],
    },
    ['/old/place/x.mdf', '/var/opt/mssql/log/Sales_log.ldf'],
  ],
  [
    'into the folders that are asked for, away from where the database was',
    windowsFiles,
    { dataFolder: '/fast', logFolder: 'E:\\logs' },
    { ...linux, placed: [{ database: 'Sales', logicalName: 'Sales', path: '/old/Sales.mdf' }] },
    ['/fast/Sales.mdf', 'E:\\logs\\Sales_log.ldf'],
  ],
  [
    'where --move says, verbatim, and nothing else there',
    [...windowsFiles, file('more', 'C:\\Data\\Sales.ndf')],
    { moves: [{ logicalName: 'SALES', path: '/var/opt/mssql/data/Sales.ndf' }] },
    linux,
    [
      '/var/opt/mssql/data/Sales.ndf',
      '/var/opt/mssql/log/Sales_log.ldf',
      '/var/opt/mssql/data/Sales_2.ndf',
    ],
  ],
  [
    'a container as a folder among the data',
    [file('fs', 'C:\\Data\\Sales_fs', 'container')],
    {},
    linux,
    ['/var/opt/mssql/data/Sales_fs'],
  ],
  [
    'a name with what a file name cannot hold',
    [file('a', 'C:\\Data\\x.mdf')],
    { database: 'a/b:c' },
    linux,
    ['/var/opt/mssql/data/a_b_c_x.mdf'],
  ],
];

suite('relocates', () => {
  for (const [title, files, wishes, places, expected] of cases)
    test(title, () => assert.deepEqual(paths(files, wishes, places), expected));

  test('any names without a collision', () => {
    const names = fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, fc.string({ minLength: 1 }), (pairs, database) => {
        const files = pairs.map(([logical, physical], index) =>
          file(`${logical}${index}`, physical),
        );
        const keys = paths(files, { database }, linux).map(pathKey);
        assert.equal(new Set(keys).size, keys.length);
        for (const key of keys) assert.match(key, /^\/var\/opt\/mssql\/data\/[^/]+$/);
      }),
    );
  });
});

const refused: [string, Partial<RelocationWishes>, InstancePlaces, string][] = [
  [
    'a file that is not there',
    { moves: [{ logicalName: 'x', path: '/a' }] },
    linux,
    'move-unknown-file',
  ],
  [
    'a relative path',
    { moves: [{ logicalName: 'Sales', path: 'a.mdf' }] },
    linux,
    'move-not-absolute',
  ],
  [
    'a file moved twice',
    {
      moves: [
        { logicalName: 'Sales', path: '/a' },
        { logicalName: 'sales', path: '/b' },
      ],
    },
    linux,
    'move-twice',
  ],
  [
    'two files moved to one place',
    {
      moves: [
        { logicalName: 'Sales', path: '/a' },
        { logicalName: 'Sales_log', path: '/A' },
      ],
    },
    linux,
    'move-taken',
  ],
  [
    'the file of another database',
    { moves: [{ logicalName: 'Sales', path: '/x/y.mdf' }] },
    { ...linux, placed: [{ database: 'Other', logicalName: 'y', path: '/x/y.mdf' }] },
    'move-taken',
  ],
  ['an instance without folders', {}, { ...linux, dataFolder: undefined }, 'no-default-folder'],
];

test('files whose names differ by case only go to places of their own', () => {
  const files = [file('a', '/old/x.mdf'), file('A', '/old/y.mdf')];
  const moves = [{ logicalName: 'A', path: '/new/y.mdf' }];
  const placed = [{ database: 'Sales', logicalName: 'a', path: '/here/x.mdf' }];
  assert.deepEqual(paths(files, { moves }, { ...linux, placed }), ['/here/x.mdf', '/new/y.mdf']);
  assert.deepEqual(paths(files, {}, { ...linux, placed }), [
    '/here/x.mdf',
    '/var/opt/mssql/data/Sales_y.mdf',
  ]);
});

suite('refuses', () => {
  for (const [title, wishes, places, code] of refused)
    test(title, () => {
      const isIt = (error: unknown) => error instanceof Failure && error.code === code;
      assert.throws(() => paths(windowsFiles, wishes, places), isIt);
    });
});

suite('a safe file name', () => {
  for (const [name, safe] of [
    ['con', '_con'],
    ['LPT1.mdf', '_LPT1.mdf'],
    ['dots...', 'dots'],
    ['', '_'],
    [`${'é'.repeat(200)}.mdf`, `${'é'.repeat(60)}.mdf`],
    ['a.12345   b', 'a.12345'],
    ['\ud800.mdf', '_.mdf'],
    [`${'😀'.repeat(70)}.${'😀'.repeat(9)}`, `${'😀'.repeat(55)}.${'😀'.repeat(7)}`],
  ] as const)
    test(`of '${name.slice(0, 12)}'`, () => assert.equal(safeFileName(name), safe));
});

suite('a file list', () => {
  const row = { LogicalName: 'a', PhysicalName: '/a', Type: 'D', Size: 8192, FileId: '1' };

  test('is typed, whatever columns a version has', () => {
    const rows = [row, { ...row, LogicalName: 'l', Type: 'L ' }, { ...row, Type: 'S', Size: null }];
    assert.deepEqual(readFileList(rows), [
      { logicalName: 'a', physicalName: '/a', kind: 'data', size: 8192, fileId: 1 },
      { logicalName: 'l', physicalName: '/a', kind: 'log', size: 8192, fileId: 1 },
      { logicalName: 'a', physicalName: '/a', kind: 'container', size: 0, fileId: 1 },
    ]);
  });

  test('leaves out files that the backup does not hold', () => {
    const rows = [row, { ...row, IsPresent: false }];
    assert.equal(readFileList(rows).length, 1);
  });

  for (const rows of [[], [{ DatabaseName: 'x' }]])
    test(`of ${rows.length} rows that are none is refused`, () => {
      const isIt = (error: unknown) => error instanceof Failure && error.code === 'no-file-list';
      assert.throws(() => readFileList(rows), isIt);
    });
});
