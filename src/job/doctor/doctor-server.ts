// What SQL Server says of itself, judged for a virtual device: pure.

import {
  type BackupIntent,
  checkDatabase,
  checkEngine,
  checkMachine,
  checkRole,
  type Whereabouts,
} from '../../sql/facts/preflight.ts';
import type { DatabaseFacts, ServerFacts } from '../../sql/facts/server-facts.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import { firstMajorWithCompression } from '../../sql/statement/backup-statement.ts';
import { expected, failed, judged, notChecked, ok, unknown } from './doctor-finding.ts';
import type { Finding } from './doctor-report.ts';

export const serverChecks = ['server', 'same-machine', 'sysadmin'] as const;

/** Checks `server`, `same-machine` and `sysadmin`. */
export function serverFindings(facts: ServerFacts, whereabouts: Whereabouts): Finding[] {
  return [
    versionFinding(facts),
    sameMachineFinding(facts, whereabouts),
    facts.isSysadmin === undefined
      ? unknown(
          'sysadmin',
          'role-unknown',
          'SQL Server does not say whether this login is in sysadmin',
        )
      : judged('sysadmin', () => checkRole(facts, whereabouts), 'the login is in sysadmin'),
  ];
}

function versionFinding(facts: ServerFacts): Finding {
  const { serverName = 'the server', productVersion, edition } = facts;
  if (productVersion === undefined)
    return unknown('server', 'version-unknown', `${serverName} does not say its version`);
  const what = `${serverName}: SQL Server ${productVersion}${edition ? `, ${edition}` : ''}`;
  return judged('server', () => checkEngine(facts), what);
}

function sameMachineFinding(facts: ServerFacts, whereabouts: Whereabouts): Finding {
  const check = 'same-machine';
  const theirs = facts.physicalMachineName ?? facts.machineName;
  if (whereabouts.assumeLocal)
    return notChecked(
      check,
      `--assume-local; SQL Server runs on ${theirs ?? 'an unnamed machine'}`,
    );
  if (theirs === undefined)
    return unknown(check, 'machine-unknown', 'SQL Server does not say on which machine it runs');
  return judged(
    check,
    () => checkMachine(facts, whereabouts),
    `SQL Server runs on this machine, ${theirs}`,
  );
}

/** First major version whose every build sends VDC_Complete (KB3188454: 2012 to 2016 got it by update). */
const firstMajorWithComplete = 14;

/** `requested`: the library took the request; undefined when there was no device set. */
export function completeFinding(
  requested: boolean | undefined,
  major: number | undefined,
  windows: boolean,
): Finding {
  const check = 'vdc-complete';
  if (requested === undefined) return notChecked(check, 'there was no device set');
  if (!requested)
    return {
      check,
      level: 'warning',
      code: 'complete-refused',
      message:
        'this VDI library does not know VDC_Complete: every Flush is treated as the last, which is safe and slower',
    };
  if (major !== undefined && major >= firstMajorWithCompression && major < firstMajorWithComplete)
    return unknown(
      check,
      'complete-by-update',
      'the VDI library takes the request; SQL Server answers it from 2012 SP3 CU5, 2014 SP1 CU10 or SP2 CU3, 2016 CU4 or SP1 CU2 on',
    );
  if (windows && major !== undefined)
    return ok(check, 'the VDI library takes the request, and SQL Server answers it since 2017');
  return unknown(
    check,
    'complete-later',
    'the VDI library takes the request; SQL Server answers it when it configures a backup, not before (completeEnabled)',
  );
}

/** `database`, one finding for each thing to say. */
export function databaseFindings(
  name: string,
  facts: DatabaseFacts | 'missing' | undefined,
  server: ServerFacts,
): Finding[] {
  const check = 'database';
  const intent: BackupIntent = { database: name, type: 'copy', compression: 'zstd' };
  try {
    const warnings = checkDatabase(intent, facts, server);
    if (warnings.length > 0)
      return warnings.map(({ code, message, hint }) => ({
        check,
        level: 'warning',
        code,
        message,
        ...(hint && { hints: [hint] }),
      }));
  } catch (thrown) {
    return [failed(check, expected(thrown))];
  }
  if (typeof facts !== 'object')
    return [
      unknown(
        check,
        'database-unknown',
        `SQL Server does not say anything of ${quoteIdentifier(name)}`,
      ),
    ];
  const { state = 'in an unknown state', recoveryModel = 'unknown' } = facts;
  return [ok(check, `${quoteIdentifier(facts.name)} is ${state}, recovery model ${recoveryModel}`)];
}
