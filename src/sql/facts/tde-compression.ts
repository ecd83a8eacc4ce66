// What SQL Server's own backup compression does with a database that TDE encrypts, by version and edition. Pure. Sources:
// before 2016 nothing is won ("Transparent data encryption", https://learn.microsoft.com/sql/relational-databases/security/encryption/transparent-data-encryption);
// 2016 before RTM CU7 and SP1 CU4 could write backups that do not restore
// (https://techcommunity.microsoft.com/t5/sql-server-blog/ba-p/385593), 2019 before CU16 as well
// (https://support.microsoft.com/help/5014298).

import type { ServerFacts } from './server-facts.ts';

type Server = Pick<ServerFacts, 'productVersion' | 'productMajor' | 'engineEdition' | 'edition'>;
type Edition = Pick<Server, 'engineEdition' | 'edition'>;

/** `works`, where the version is not known, too. `lacking`: the edition has no compression. */
type TdeCompression = 'works' | 'unsafe' | 'useless' | 'lacking';

const expressEdition = 4;

/** Web Edition has the engine edition of Standard; only its name tells. */
export function hasBackupCompression({ engineEdition, edition }: Edition): boolean {
  return engineEdition !== expressEdition && !/^web\b/i.test(edition ?? '');
}

function tdeCompression(server: Server): TdeCompression {
  if (!hasBackupCompression(server)) return 'lacking';
  const { productMajor: major, productVersion } = server;
  if (major === undefined) return 'works';
  if (major < 13) return 'useless';
  const build = Number(productVersion?.split('.')[2]);
  return unsafeBuilds.some((range) => range.major === major && isIn(range, build))
    ? 'unsafe'
    : 'works';
}

interface BuildRange {
  readonly major: number;
  readonly from: number;
  /** The first build with the fix. */
  readonly fixed: number;
}

/** 2016 RTM to CU6, 2016 SP1 to its CU3, 2019 to CU15. */
const unsafeBuilds: readonly BuildRange[] = [
  { major: 13, from: 0, fixed: 2210 },
  { major: 13, from: 4001, fixed: 4446 },
  { major: 15, from: 0, fixed: 4223 },
];

function isIn({ from, fixed }: BuildRange, build: number): boolean {
  return build >= from && build < fixed;
}

const updates =
  'Update first: SQL Server 2016 from RTM CU7 or SP1 CU4 on, SQL Server 2019 from CU16 on.';

/** What to do about an encrypted database that zstd does not shrink; undefined where nothing helps. */
export function tdeAdvice(server: Server): string | undefined {
  const found = tdeCompression(server);
  if (found === 'works') return 'Say --compress server: SQL Server compresses before it encrypts.';
  if (found !== 'unsafe') return undefined;
  return `SQL Server's own compression is no way out on this build: such backups may not restore. ${updates}`;
}

/** What is to be said of `--compress server` and an encrypted database; undefined where it works. */
export function tdeCompressionWarning(
  server: Server,
): { readonly message: string; readonly hint: string } | undefined {
  const found = tdeCompression(server);
  if (found === 'unsafe')
    return {
      message: `SQL Server ${server.productVersion} may write compressed backups of encrypted databases (TDE) that cannot be restored`,
      hint: `${updates} Until then: --compress zstd, and a drill of every backup.`,
    };
  if (found !== 'useless') return undefined;
  return {
    message: `SQL Server ${server.productVersion} cannot compress an encrypted database (TDE): the backup will be about as large`,
    hint: 'SQL Server 2016 and newer can.',
  };
}
