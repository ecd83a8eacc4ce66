import { Failure } from '../errors.ts';
import { VD_E_ABORT } from './vdi-constants.ts';

/** `code` of a call that answered VD_E_ABORT: SQL Server aborted the set and says why itself. */
export const vdiAborted = 'vdi-aborted';

interface Meaning {
  readonly symbol: string;
  readonly meaning: string;
  readonly hint?: string;
}

const ipcHint =
  'In a container both are needed: --shm-size of 1 GB or more, and "[memory] enablecontainersharedmemory = true" in mssql.conf, then a restart of SQL Server.';
const sameRightsHint =
  'Run as the account of SQL Server (sudo -u mssql) or make the two groups mutual and restart both.';

/** Symbol, meaning and next step of the HRESULTs that VDI answers (vdierror.h; COM's own from winerror.h). */
const meanings: Readonly<Record<number, Meaning>> = {
  2155282434: { symbol: 'VD_E_NOTOPEN', meaning: 'the object is not open' },
  2155282435: { symbol: 'VD_E_TIMEOUT', meaning: 'the wait elapsed' },
  2155282436: { symbol: 'VD_E_ABORT', meaning: 'the device set was aborted', hint: ipcHint },
  2155282437: {
    symbol: 'VD_E_SECURITY',
    meaning: 'the security environment could not be built',
    hint: sameRightsHint,
  },
  2155282438: {
    symbol: 'VD_E_INVALID',
    meaning: 'a parameter, device name or set name is not valid',
  },
  2155282439: {
    symbol: 'VD_E_INSTANCE_NAME',
    meaning: 'the instance name is not recognised',
    hint: 'Give the bare instance name, without the host: -S .\\SQLEXPRESS.',
  },
  2155282441: { symbol: 'VD_E_NOTSUPPORTED', meaning: 'the configuration is not supported' },
  2155282442: {
    symbol: 'VD_E_MEMORY',
    meaning: 'out of memory for the device set',
    hint: 'Ask for less: a smaller --transfer-size or --buffer-count; on Linux look at the free space of /dev/shm.',
  },
  2155282443: { symbol: 'VD_E_UNEXPECTED', meaning: 'an internal error of VDI', hint: ipcHint },
  2155282444: { symbol: 'VD_E_PROTOCOL', meaning: 'the call is not allowed in this state' },
  2155282445: { symbol: 'VD_E_OPEN', meaning: 'devices are open' },
  2155282446: { symbol: 'VD_E_CLOSE', meaning: 'the server closed the device' },
  2155282447: { symbol: 'VD_E_BUSY', meaning: 'a resource is busy' },
};

/** `0x80770004 VD_E_ABORT (the device set was aborted)`; the bare number when nobody knows it. */
export function describeHresult(hresult: number): string {
  const known = meanings[hresult >>> 0];
  const number = `0x${(hresult >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
  return known ? `${number} ${known.symbol} (${known.meaning})` : number;
}

/** A VDI call that failed while the set was being made: the environment's fault, exit code 5. */
export function vdiFailure(call: string, hresult: number): Failure {
  const hint = meanings[hresult >>> 0]?.hint;
  return new Failure(
    'environment',
    hresult === VD_E_ABORT ? vdiAborted : 'vdi-call-failed',
    `VDI ${call} answered ${describeHresult(hresult)}`,
    {
      hints: [
        ...(hint ? [hint] : []),
        'vdibackup must run on the SQL Server machine itself, with rights to its shared memory.',
      ],
    },
  );
}
