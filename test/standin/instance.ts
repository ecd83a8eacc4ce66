// The SQL Server instance the stand-in plays: its identity, its settings, its databases. Plain data.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { TlsPolicy } from './prelogin.ts';
import type { Reached } from './roll-forward.ts';
import type { ServerMessage } from './sql-error.ts';

/** Where the bytes of a BACKUP come from. */
export type StreamSpec =
  /** An existing backup file; with several devices it is cut into contiguous, block-aligned parts. */
  | { readonly kind: 'file'; readonly path: string }
  /** A made-up MTF stream of about `bytes` bytes; every device gets a media family of its own. */
  | {
      readonly kind: 'generate';
      readonly bytes: number;
      readonly seed?: number;
      /** How far zstd shall get with it, about; 2 to 10. */
      readonly ratio?: number;
    }
  /** An existing recipe file (PROTOCOL.md); one device only. */
  | { readonly kind: 'recipe'; readonly path: string };

export type RecoveryModel = 'FULL' | 'BULK_LOGGED' | 'SIMPLE';
export type DatabaseState =
  | 'ONLINE'
  | 'OFFLINE'
  | 'RESTORING'
  | 'RECOVERING'
  | 'RECOVERY_PENDING'
  | 'SUSPECT'
  | 'EMERGENCY';

export interface DatabaseDescription {
  readonly name: string;
  readonly recoveryModel?: RecoveryModel;
  readonly state?: DatabaseState;
  readonly encrypted?: boolean;
  /** A page of it cannot be read, or fails its checksum. */
  readonly damaged?: boolean;
  readonly readOnly?: boolean;
  readonly inStandby?: boolean;
  /** Name of the database this one is a snapshot of. */
  readonly snapshotOf?: string;
  readonly compatibilityLevel?: number;
  readonly collation?: string;
  /** Given to two instances, their databases are replicas of one. */
  readonly recoveryFork?: string;
  /** True when a full backup was taken before: DIFFERENTIAL and LOG are possible. */
  readonly hasFullBackup?: boolean;
  readonly streams: StreamSpec;
  /** Default: generated, an eighth of the full stream. */
  readonly differential?: StreamSpec;
  /** Default: generated, a sixteenth of the full stream. */
  readonly log?: StreamSpec;
  /** What WITH COMPRESSION sends; default: the same bytes as without. */
  readonly compressed?: StreamSpec;
}

export interface InstanceOptions {
  readonly login?: { readonly user: string; readonly password: string };
  /** Takes every Kerberos ticket for good: it has no key to look into one. Default: refuses Windows logins. */
  readonly windowsLogins?: boolean;
  readonly sysadmin?: boolean;
  readonly tls?: TlsPolicy;
  /** Default: this machine's name as Windows would cut it (upper case, 15 characters). */
  readonly machineName?: string;
  readonly instance?: string;
  readonly version?: string;
  readonly edition?: string;
  /** What the server runs on. Default: this system. */
  readonly platform?: 'Linux' | 'Windows';
  /** A binary collation: every name and text is itself only. */
  readonly caseSensitive?: boolean;
  /** Whether VDC_Complete is offered to a client that asks for it. Default true. */
  readonly completeEnabled?: boolean;
  readonly backupCompressionDefault?: boolean;
  readonly databases: readonly DatabaseDescription[];
  /** What RESTORE does with the bytes: keep them in files (default) or only count them. */
  readonly keepRestored?: boolean;
}

export interface CheckConditions {
  /** Milliseconds. */
  readonly delay?: number;
  /** Text of a finding. */
  readonly finds?: string;
  /** Why no snapshot can be made; SQL Server checks under locks then. */
  readonly noSnapshot?: readonly ServerMessage[];
  /** The check ends early with these. */
  readonly breaksOff?: readonly ServerMessage[];
}

export interface Database {
  readonly id: number;
  readonly description: DatabaseDescription;
  name: string;
  recoveryModel: RecoveryModel;
  state: DatabaseState;
  readOnly: boolean;
  /** ALTER AUTHORIZATION gave it a new owner. */
  adopted?: boolean;
  userAccess: 'MULTI_USER' | 'SINGLE_USER' | 'RESTRICTED_USER';
  fullBackup: { readonly setId: string; readonly finished: Date } | undefined;
  /** What a running backup or restore holds: only one of each kind at a time. */
  readonly busy: Set<'data' | 'log'>;
  readonly created: Date;
  readonly recoveryFork: string;
  /** It was restored from a backup of master, under another name. */
  copyOfMaster?: boolean;
  /** While it is being restored, as far as the stand-in knows. */
  reached: Reached | undefined;
}

export interface BackupHistory {
  readonly setId: string;
  readonly database: string;
  readonly type: 'D' | 'I' | 'L';
  readonly started: Date;
  readonly finished: Date;
  readonly bytes: number;
  /** As numeric(25, 0). */
  readonly lastLsn: bigint;
  readonly copyOnly: boolean;
  readonly name: string | null;
  readonly mediaSetId: string;
  /** Names of the virtual devices, one a media family, in order. */
  readonly devices: readonly string[];
}

const netbiosLength = 15;
export const firstUserDatabase = 5;

export class Instance {
  readonly login: { readonly user: string; readonly password: string };
  readonly windowsLogins: boolean;
  readonly tls: TlsPolicy;
  readonly machineName: string;
  readonly instanceName: string | undefined;
  version: string;
  readonly edition: string;
  platform: 'Linux' | 'Windows';
  readonly sysadmin: boolean;
  readonly keepRestored: boolean;
  readonly caseSensitive: boolean;
  readonly started = new Date();
  readonly databases: Database[] = [];
  readonly history: BackupHistory[] = [];
  readonly requests = new Map<number, ActiveRequest>();
  completeEnabled: boolean;
  backupCompressionDefault: boolean;
  /** Started with -m: one connection at a time, and RESTORE of master only. */
  singleUser = false;
  /** It has restored master and shut itself down: nobody is let in any more. */
  isShutDown = false;
  /** How DBCC CHECKDB and CHECKCATALOG go. */
  checkdb: CheckConditions = {};
  /** Attempts to lock a whole database that fail, because others use it. */
  refusedLocks = 0;
  /** The owner of a restored database has no login here, until ALTER AUTHORIZATION gives it another one. */
  ownersAreGone = false;
  /** Enabled DDL triggers in every user database: their code runs with the rights of whoever fires one. */
  ddlTriggers: readonly string[] = [];
  /** What fired one of them, and as whom. */
  readonly fired: string[] = [];
  /** Views, in lower case, that read from another server. */
  remoteViews: readonly string[] = [];
  /** How often such a view, OPENQUERY or OPENROWSET got out of its database. */
  escapes = 0;
  /** DROP DATABASE is refused this many times. */
  refusedDrops = 0;
  /** Milliseconds that DROP DATABASE takes. */
  dropDelay = 0;
  #nextDatabase = firstUserDatabase;

  constructor(options: InstanceOptions) {
    this.login = options.login ?? { user: 'sa', password: 'Stand-in-1' };
    this.windowsLogins = options.windowsLogins ?? false;
    this.tls = options.tls ?? 'supported';
    this.machineName = options.machineName ?? netbiosName(hostname());
    this.instanceName = options.instance;
    this.version = options.version ?? '16.0.4135.4';
    this.edition = options.edition ?? 'Developer Edition (64-bit)';
    this.platform = options.platform ?? (process.platform === 'win32' ? 'Windows' : 'Linux');
    this.sysadmin = options.sysadmin ?? true;
    this.caseSensitive = options.caseSensitive ?? false;
    this.keepRestored = options.keepRestored ?? true;
    this.completeEnabled = options.completeEnabled ?? true;
    this.backupCompressionDefault = options.backupCompressionDefault ?? false;
    for (const [index, name] of ['master', 'tempdb', 'model', 'msdb'].entries()) {
      this.databases.push(makeDatabase(index + 1, systemDatabase(name)));
    }
    for (const description of options.databases) this.add(description);
  }

  get serverName(): string {
    return this.instanceName ? `${this.machineName}\\${this.instanceName}` : this.machineName;
  }

  get versionParts(): number[] {
    return this.version.split('.').map(Number);
  }

  find(name: string): Database | undefined {
    const spelled = (text: string) => (this.caseSensitive ? text : text.toLowerCase());
    const wanted = spelled(name.trimEnd());
    return this.databases.find((database) => spelled(database.name) === wanted);
  }

  add(description: DatabaseDescription): Database {
    const database = makeDatabase(this.#nextDatabase, description);
    this.#nextDatabase += 1;
    this.databases.push(database);
    return database;
  }

  drop(database: Database): void {
    this.databases.splice(this.databases.indexOf(database), 1);
  }
}

export interface ActiveRequest {
  readonly session: number;
  readonly command: string;
  readonly databaseId: number;
  readonly started: Date;
  percent: number;
  readonly text: string;
}

export function netbiosName(host: string): string {
  return (host.split('.')[0] ?? host).toUpperCase().slice(0, netbiosLength);
}

function systemDatabase(name: string): DatabaseDescription {
  const recoveryModel = name === 'model' ? 'FULL' : 'SIMPLE';
  return { name, recoveryModel, streams: { kind: 'generate', bytes: 4 * 1024 * 1024 } };
}

function makeDatabase(id: number, description: DatabaseDescription): Database {
  return {
    id,
    description,
    name: description.name,
    recoveryModel: description.recoveryModel ?? 'FULL',
    state: description.state ?? 'ONLINE',
    readOnly: description.readOnly ?? false,
    userAccess: 'MULTI_USER',
    fullBackup: description.hasFullBackup
      ? { setId: randomUUID().toUpperCase(), finished: new Date() }
      : undefined,
    busy: new Set(),
    created: new Date(),
    recoveryFork: description.recoveryFork ?? randomUUID().toUpperCase(),
    reached: undefined,
  };
}
