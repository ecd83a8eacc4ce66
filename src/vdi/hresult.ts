import { Failure } from '../base/errors.ts';
import { VD_E_ABORT } from './vdi-constants.ts';

/** `code` of a call that answered VD_E_ABORT: SQL Server aborted the set and says why itself. */
export const vdiAborted = 'vdi-aborted';

interface Meaning {
  readonly symbol: string;
  readonly meaning: string;
  /** The next step, where it is the same on every system. */
  readonly hint?: string;
  readonly linux?: string;
  readonly windows?: string;
}

const ipcHint =
  'In a container both are needed: --shm-size of 1 GB or more, and "[memory] enablecontainersharedmemory = true" in mssql.conf, then a restart of SQL Server.';
const sameRightsHint =
  'Run as the account of SQL Server (sudo -u mssql) or make the two groups mutual and restart both.';
const elevatedHint =
  'Run from an elevated prompt ("Run as administrator"), or as a service account with the right "Create global objects".';
const registerHint =
  'The class comes with SQL Server for 64-bit programs: run vdibackup (64-bit Node) on the SQL Server machine; if it is there, repair the shared features of SQL Server or run regsvr32 with the full path of sqlvdi.dll elevated.';

/** Symbol, meaning and next step of the HRESULTs that VDI answers (vdierror.h) and COM's own (winerror.h). */
const meanings = new Map<number, Meaning>([
  [0x80770002, { symbol: 'VD_E_NOTOPEN', meaning: 'the object is not open' }],
  [0x80770003, { symbol: 'VD_E_TIMEOUT', meaning: 'the wait elapsed' }],
  [0x80770004, { symbol: 'VD_E_ABORT', meaning: 'the device set was aborted', linux: ipcHint }],
  [
    0x80770005,
    {
      symbol: 'VD_E_SECURITY',
      meaning: 'the security environment could not be built',
      linux: sameRightsHint,
      windows: elevatedHint,
    },
  ],
  [
    0x80770006,
    { symbol: 'VD_E_INVALID', meaning: 'a parameter, device name or set name is not valid' },
  ],
  [
    0x80770007,
    {
      symbol: 'VD_E_INSTANCE_NAME',
      meaning: 'the instance name is not recognised',
      hint: 'Does the instance run on this machine? Give its bare name after a dot: -S .\\SQLEXPRESS.',
    },
  ],
  [0x80770009, { symbol: 'VD_E_NOTSUPPORTED', meaning: 'the configuration is not supported' }],
  [
    0x8077000a,
    {
      symbol: 'VD_E_MEMORY',
      meaning: 'out of memory for the device set',
      hint: 'Ask for less: a smaller --transfer-size or --buffer-count; on Linux look at the free space of /dev/shm.',
    },
  ],
  [0x8077000b, { symbol: 'VD_E_UNEXPECTED', meaning: 'an internal error of VDI', linux: ipcHint }],
  [0x8077000c, { symbol: 'VD_E_PROTOCOL', meaning: 'the call is not allowed in this state' }],
  [0x8077000d, { symbol: 'VD_E_OPEN', meaning: 'devices are open' }],
  [0x8077000e, { symbol: 'VD_E_CLOSE', meaning: 'the server closed the device' }],
  [0x8077000f, { symbol: 'VD_E_BUSY', meaning: 'a resource is busy' }],
  [
    0x80004002,
    {
      symbol: 'E_NOINTERFACE',
      meaning: 'the class does not offer the interface',
      windows: registerHint,
    },
  ],
  [
    0x80010106,
    {
      symbol: 'RPC_E_CHANGED_MODE',
      meaning: 'the thread is in a single-threaded apartment already',
      windows: 'Something else in this process has initialised COM; please report what is loaded.',
    },
  ],
  [
    0x80040111,
    {
      symbol: 'CLASS_E_CLASSNOTAVAILABLE',
      meaning: 'sqlvdi.dll does not offer its class',
      windows: `${elevatedHint} If that does not help, repair the shared features of SQL Server.`,
    },
  ],
  [
    0x80040154,
    {
      symbol: 'REGDB_E_CLASSNOTREG',
      meaning: 'the VDI class is not registered',
      windows: registerHint,
    },
  ],
  [0x80070005, { symbol: 'E_ACCESSDENIED', meaning: 'access is denied', windows: elevatedHint }],
  [
    0x8007000e,
    {
      symbol: 'E_OUTOFMEMORY',
      meaning: 'out of memory',
      hint: 'Ask for less: a smaller --transfer-size or --buffer-count.',
    },
  ],
  [
    0x8007007e,
    {
      symbol: 'ERROR_MOD_NOT_FOUND',
      meaning: 'the registered sqlvdi.dll, or a DLL it needs, is missing',
      windows: registerHint,
    },
  ],
  [
    0x800700c1,
    {
      symbol: 'ERROR_BAD_EXE_FORMAT',
      meaning: 'the registered sqlvdi.dll is not for 64-bit programs',
      windows: registerHint,
    },
  ],
]);

function hintOf(hresult: number, platform: NodeJS.Platform): string | undefined {
  const known = meanings.get(hresult >>> 0);
  return known?.hint ?? (platform === 'win32' ? known?.windows : known?.linux);
}

/** `0x80770004 VD_E_ABORT (the device set was aborted)`; the bare number when nobody knows it. */
export function describeHresult(hresult: number): string {
  const known = meanings.get(hresult >>> 0);
  const number = `0x${(hresult >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
  return known ? `${number} ${known.symbol} (${known.meaning})` : number;
}

/** A VDI call that failed while the set was being made: the environment's fault, exit code 5. */
export function vdiFailure(
  call: string,
  hresult: number,
  platform: NodeJS.Platform = process.platform,
): Failure {
  const hint = hintOf(hresult, platform);
  return new Failure(
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
