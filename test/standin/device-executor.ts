// Carries out BACKUP and RESTORE: checks, the order on the control channel, the messages, the consequences.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { backupMessages } from './backup-message.ts';
import type { ControlChannel } from './control-channel.ts';
import { backupTarget, checkDatabaseForRestore } from './database-check.ts';
import { type DeviceWork, driveDeviceSet, openDeviceSet } from './device-driver.ts';
import { DeviceFailure } from './device-failure.ts';
import { type DeviceOptions, readDeviceOptions } from './device-options.ts';
import { type DeviceRun, RunDevice } from './device-run.ts';
import type { DeviceSetEnd, DeviceSetLink } from './device-set-link.ts';
import type { DeviceStreams, StreamLibrary } from './device-streams.ts';
import { failureOf } from './device-verdict.ts';
import { evaluate } from './evaluator.ts';
import { type Fault, raised, serverMessage } from './fault.ts';
import type { ActiveRequest, Database } from './instance.ts';
import { lastLsnOf, type MtfBackupType } from './mtf-configuration.ts';
import { pause } from './pause.ts';
import { recipeLength, writeRecipe } from './recipe.ts';
import type { Reply } from './reply.ts';
import { judgeRestore, type RestoreVerdict, readPieces } from './restore-judge.ts';
import { restoreRows } from './restore-rows.ts';
import { restoredTo, rollForward } from './roll-forward.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';
import { toText } from './sql-conversion.ts';
import type { ServerMessage } from './sql-error.ts';
import type { DeviceStatement } from './statement.ts';
import { checkBuild, checkSystemRestore, isMaster, masterRestored } from './system-restore.ts';

export interface DeviceContext {
  readonly session: Session;
  readonly reply: Reply;
  readonly control: ControlChannel;
  readonly streams: StreamLibrary;
  readonly folder: string;
  readonly fault: Fault;
  readonly runs: DeviceRun[];
  /** Aborted by an attention or by the end of the connection. */
  readonly signal: AbortSignal;
  /** Destroys the client's connection. */
  readonly vanish: () => void;
  /** Neither reads nor writes on the client's connection any more, and keeps it open: a black hole. */
  readonly swallow: () => void;
}

const mostDevices = 64;
const longestName = 259;
const notSupported = 50;
/** What SQL Server has said still leaves it when it shuts down. */
const lastWordsMs = 50;
// What a pipe's reader takes for the lists at the front of the stream, per device: with the largest blocks they stand
// behind two of 64 KiB.
const listBytes = 256 * 1024;

export async function runDeviceStatement(
  statement: DeviceStatement,
  scope: Scope,
  context: DeviceContext,
): Promise<void> {
  await new DeviceExecution(statement, scope, context).run();
}

class DeviceExecution {
  readonly #statement: DeviceStatement;
  readonly #scope: Scope;
  readonly #context: DeviceContext;
  readonly #started = Date.now();
  readonly #isBackup: boolean;
  readonly #name: string | undefined;
  #run: DeviceRun | undefined;

  constructor(statement: DeviceStatement, scope: Scope, context: DeviceContext) {
    this.#statement = statement;
    this.#scope = scope;
    this.#context = context;
    this.#isBackup = statement.operation.startsWith('BACKUP');
    const name = statement.database ? evaluate(statement.database, scope) : null;
    this.#name = name === null ? undefined : toText(name);
  }

  async run(): Promise<void> {
    const { operation } = this.#statement;
    try {
      await this.#carryOut();
      if (this.#run) this.#run.outcome = 'success';
    } catch (error) {
      if (!(error instanceof DeviceFailure)) throw error;
      for (const message of error.messages) this.#say(message);
      this.#say(backupMessages.terminated(operation));
      this.#context.reply.failed();
      if (this.#run) this.#run.outcome = 'failure';
    }
  }

  async #carryOut(): Promise<void> {
    const { session, fault } = this.#context;
    const { instance } = session;
    const names = this.#deviceNames();
    const options = readDeviceOptions(this.#statement, this.#scope, instance);
    if (fault.error && fault['error-at'] === undefined) throw raised(fault.error);
    this.#checkRights();
    if (this.#isBackup) {
      await this.#backup(names, options);
    } else if (names.length === 0) {
      this.#recoverOnly();
    } else {
      await this.#restore(names, options);
    }
  }

  #deviceNames(): string[] {
    const { devices } = this.#statement;
    if (devices.length > mostDevices) throw new DeviceFailure([backupMessages.tooManyDevices()]);
    return devices.map(({ kind, name }) => {
      const text = toText(evaluate(name, this.#scope) ?? '');
      if (text === '') throw new DeviceFailure([backupMessages.emptyName()]);
      if (text.length > longestName)
        throw new DeviceFailure([backupMessages.longName(longestName)]);
      if (kind !== 'VIRTUAL_DEVICE') {
        throw new DeviceFailure([backupMessages.cannotOpen(text, notSupported)]);
      }
      return text;
    });
  }

  #checkRights(): void {
    const { session } = this.#context;
    if (!session.instance.sysadmin) throw new DeviceFailure([backupMessages.notSysadmin()]);
    if (session.transactions > 0) throw new DeviceFailure([backupMessages.inTransaction()]);
  }

  async #backup(names: string[], options: DeviceOptions): Promise<void> {
    const { session } = this.#context;
    const isLog = this.#statement.operation === 'BACKUP LOG';
    const type = isLog ? 'log' : options.differential ? 'diff' : 'full';
    const database = backupTarget(session.instance, this.#name ?? '', type, options);
    const share = isLog ? 'log' : 'data';
    if (database.busy.has(share)) throw new DeviceFailure([backupMessages.serialized()]);
    database.busy.add(share);
    const request = this.#announce(database);
    try {
      await this.#backupDatabase({ database, type, names, options, request });
    } finally {
      database.busy.delete(share);
      session.instance.requests.delete(session.id);
    }
  }

  async #backupDatabase(plan: BackupPlan): Promise<void> {
    const { names, options } = plan;
    const { streams: library, session, folder } = this.#context;
    const damaged = meetsDamage(plan);
    const streams = await library.streams({
      ...plan,
      ...options,
      damaged,
      devices: names.length,
      user: session.login.userName,
    });
    this.#record(names, streams.setId);
    if (this.#run) {
      this.#run.devices = names.map((name, index) => new RunDevice(name, streams.devices[index]));
    }
    const link = await this.#open(names);
    const recipes = names.map((_, index) => join(folder, `${streams.setId}-${index + 1}.recipe`));
    for (const [index, path] of recipes.entries()) {
      await writeRecipe(path, streams.devices[index] ?? []);
    }
    const total = streams.devices.reduce((sum, pieces) => sum + recipeLength(pieces), 0);
    await this.#drive(
      link,
      { ...options, blockSize: streams.blockSize },
      {
        values: { direction: 'backup', names, recipe: recipes },
        total: async () => total,
        request: plan.request,
      },
    );
    if (this.#context.fault['lose-3014'] === 'reset') await link.gone;
    await this.#backupSucceeded(plan, streams, total);
  }

  async #backupSucceeded(plan: BackupPlan, streams: DeviceStreams, bytes: number): Promise<void> {
    const { database, type, options } = plan;
    const { fault, vanish } = this.#context;
    const dataPages = Math.ceil(streams.dataBytes / 8192);
    const logPages = Math.ceil(streams.logBytes / 8192);
    if (type !== 'log') this.#say(backupMessages.fileDone(dataPages, database.name, database.name));
    if (options.stats) this.#say(backupMessages.percent(100));
    this.#say(backupMessages.fileDone(logPages, database.name, `${database.name}_log`));
    if (meetsDamage(plan)) this.#say(backupMessages.damagedDatabase());
    await this.#closing();
    if (!fault['rolled-back']) this.#commit(plan, streams, bytes);
    if (fault['lose-3014'] === 'reset') vanish();
    else this.#last(this.#processed(dataPages + logPages));
  }

  /** From here on SQL Server counts on the backup, whether anybody is told or not. */
  #commit({ database, type, names, options }: BackupPlan, streams: DeviceStreams, bytes: number) {
    const finished = new Date();
    if (type === 'full' && !options.copyOnly)
      database.fullBackup = { setId: streams.setId, finished };
    if (type === 'log' && options.leavesRestoring) database.state = 'RESTORING';
    const { history } = this.#context.session.instance;
    const logsBefore = history.filter((one) => one.type === 'L' && one.database === database.name);
    history.push({
      setId: streams.setId,
      database: database.name,
      type: ({ full: 'D', diff: 'I', log: 'L' } as const)[type],
      started: new Date(this.#started),
      finished,
      bytes,
      lastLsn: lastLsnOf({ type, logsBefore: logsBefore.length }),
      copyOnly: options.copyOnly,
      name: options.name,
      mediaSetId: streams.mediaSetId,
      devices: names,
    });
  }

  async #restore(names: string[], options: DeviceOptions): Promise<void> {
    const { session, folder } = this.#context;
    const { operation } = this.#statement;
    const { instance } = session;
    if (this.#name !== undefined)
      checkSystemRestore(instance, this.#name, this.#statement, options);
    const replaced = checkDatabaseForRestore(instance, this.#name, operation, options);
    const run = this.#record(names, undefined);
    const link = await this.#open(names);
    const isList = /FILELIST|LABELONLY/.test(operation);
    const keeps = instance.keepRestored || !/^RESTORE (DATABASE|LOG)$/.test(operation);
    const number = this.#context.runs.length;
    const paths = names.map((_, index) => join(folder, `restore-${number}-${index + 1}.bak`));
    const kept = keeps ? paths : [];
    const work: DeviceWork = {
      values: {
        direction: 'restore',
        names,
        sink: keeps ? paths.map((path) => `file:${path}`) : names.map(() => 'count:'),
        ...(isList && { limit: listBytes * names.length }),
      },
      total: () => announcedSize(names, kept),
    };
    let end: DeviceSetEnd;
    try {
      end = await this.#drive(link, options, work);
    } catch (error) {
      this.#leaveRestoring(replaced, link.bytes);
      throw error;
    } finally {
      run.devices = await received(names, kept);
    }
    await this.#checkBuild(run);
    const database = this.#leaveRestoring(replaced, end.bytes);
    const verdict = await judgeRestore(run.devices, {
      operation,
      blockSize: options.blockSize,
      checksum: options.checksum,
      file: options.file,
    });
    if (verdict.failure) throw new DeviceFailure([verdict.failure]);
    await this.#restoreSucceeded(verdict, options, database ?? replaced, end.bytes);
  }

  async #checkBuild({ names, devices }: DeviceRun): Promise<void> {
    const content = devices[0]?.pieces && (await readPieces(devices[0].pieces));
    checkBuild(this.#context.session.instance, this.#name, content?.scin, names[0] ?? '');
  }

  /** A RESTORE that had begun to write leaves a database that nobody can use. */
  #leaveRestoring(replaced: Database | undefined, bytes: number): Database | undefined {
    if (this.#name === undefined || bytes === 0) return undefined;
    const { instance } = this.#context.session;
    const database = replaced ?? instance.add(restoredDatabase(this.#name, this.#run));
    database.state = 'RESTORING';
    return database;
  }

  async #restoreSucceeded(
    verdict: RestoreVerdict,
    options: DeviceOptions,
    replaced: Database | undefined,
    bytes: number,
  ): Promise<void> {
    const { operation, moves } = this.#statement;
    const { session, reply } = this.#context;
    if (operation === 'VERIFY DATABASE') {
      await this.#succeed(backupMessages.valid(options.file));
      return;
    }
    if (this.#name === undefined) {
      await this.#linger();
      const result = restoreRows(operation, verdict);
      reply.rows(result.columns, result.rows);
      return;
    }
    const files = verdict.files.map(({ logicalName }) => logicalName);
    for (const move of moves) {
      const file = toText(evaluate(move.logicalName, this.#scope) ?? '');
      const isKnown =
        files.length === 0 || files.some((known) => known.toLowerCase() === file.toLowerCase());
      if (!isKnown) throw new DeviceFailure([backupMessages.notPartOf(file, this.#name)]);
    }
    const database = replaced ?? session.instance.add(restoredDatabase(this.#name, this.#run));
    database.state = 'RESTORING';
    if (files.includes('master') && this.#name.toLowerCase() !== 'master')
      database.copyOfMaster = true;
    const pages = Math.ceil(bytes / 8192);
    if (options.stats) this.#say(backupMessages.percent(100));
    for (const file of files) {
      this.#say(backupMessages.fileDone(Math.floor(pages / files.length), this.#name, file));
    }
    if (isMaster(this.#name)) return this.#shutDown(database);
    const waits = this.#rollForward(database, verdict, options);
    this.#sayDamage(verdict, options, this.#name);
    await this.#succeed(this.#processed(pages));
    if (!options.leavesRestoring && !waits) database.state = 'ONLINE';
  }

  /** Instead of Msg 3014. */
  async #shutDown(master: Database): Promise<void> {
    master.state = 'ONLINE';
    await this.#closing();
    this.#say(masterRestored());
    this.#context.session.instance.isShutDown = true;
    await pause(lastWordsMs, this.#context.signal);
    this.#context.vanish();
  }

  #sayDamage(verdict: RestoreVerdict, options: DeviceOptions, database: string): void {
    if (!isDamaged(verdict)) return;
    if (!options.has('CONTINUE_AFTER_ERROR'))
      throw new DeviceFailure([backupMessages.badPageInSet(database)]);
    this.#say(backupMessages.writtenWithDamage());
    this.#say(backupMessages.restoredWithDamage());
  }

  /** Whether the database waits for another log to reach the point of STOPAT. */
  #rollForward(database: Database, { content }: RestoreVerdict, options: DeviceOptions): boolean {
    const { fault } = this.#context;
    const scin = content?.scin;
    if (!scin) return false;
    if (this.#statement.operation !== 'RESTORE LOG') {
      database.reached = restoredTo(scin);
      return false;
    }
    const { reached, wantsMore } = rollForward(scin, database.reached, options.stopAt);
    database.reached = reached;
    if (wantsMore) this.#say(wantsMore);
    return wantsMore !== undefined || (fault['quiet-log'] ?? false);
  }

  /** RESTORE DATABASE x WITH RECOVERY. */
  #recoverOnly(): void {
    const database = this.#context.session.instance.find(this.#name ?? '');
    if (!database) throw new DeviceFailure([backupMessages.unknownDatabase(this.#name ?? '')]);
    database.state = 'ONLINE';
    this.#say(backupMessages.success(this.#statement.operation, 0, Date.now() - this.#started));
  }

  #open(names: readonly string[]): Promise<DeviceSetLink> {
    return openDeviceSet(names[0] ?? '', this.#context);
  }

  /** Returns when the devices ended well; throws DeviceFailure with what SQL Server says otherwise. */
  async #drive(
    link: DeviceSetLink,
    options: DeviceOptions,
    work: DeviceWork,
  ): Promise<DeviceSetEnd> {
    const { fault, session, signal } = this.#context;
    const end = await driveDeviceSet(link, options, work, {
      ...this.#context,
      instance: session.instance,
      say: (message) => this.#say(message),
    });
    if (this.#run) {
      this.#run.end = end;
      this.#run.errors = link.errors;
    }
    const failure = failureOf(end, {
      isBackup: this.#isBackup,
      names: this.#run?.names ?? [],
      database: this.#name ?? '',
      errors: link.errors,
      fault,
      aborted: signal.aborted,
    });
    if (failure) throw failure;
    return end;
  }

  #processed(pages: number): ServerMessage {
    const { operation } = this.#statement;
    return backupMessages.success(operation, pages, Date.now() - this.#started);
  }

  async #succeed(last: ServerMessage): Promise<void> {
    await this.#closing();
    this.#last(last);
  }

  async #closing(): Promise<void> {
    const { fault } = this.#context;
    for (const message of fault.messages ?? []) this.#say(serverMessage(message));
    await this.#linger();
  }

  #last(last: ServerMessage): void {
    const { fault, reply } = this.#context;
    if (!fault['no-3014']) this.#say(last);
    for (const message of fault['after-3014'] ?? []) {
      this.#say(serverMessage(message));
      if (serverMessage(message).severity > 10) reply.failed();
    }
  }

  /** Its devices are closed, and the server still works. */
  async #linger(): Promise<void> {
    const { fault, signal } = this.#context;
    await pause(fault['delay-3014'] ?? 0, signal);
    const isTooLate = fault['late-attention'] || fault['lose-3014'] !== undefined;
    if (signal.aborted && !isTooLate) throw new DeviceFailure([backupMessages.aborted()]);
  }

  #announce(database: Database): ActiveRequest {
    const { session } = this.#context;
    const request = {
      session: session.id,
      command: this.#statement.operation,
      databaseId: database.id,
      started: new Date(),
      percent: 0,
      text: '',
    };
    session.instance.requests.set(session.id, request);
    return request;
  }

  #record(names: readonly string[], setId: string | undefined): DeviceRun {
    const run: DeviceRun = {
      operation: this.#statement.operation,
      database: this.#name,
      names,
      setId,
      devices: [],
      messages: [],
      errors: [],
      end: undefined,
      outcome: undefined,
    };
    this.#run = run;
    this.#context.runs.push(run);
    return run;
  }

  #say(message: ServerMessage): void {
    this.#run?.messages.push(message.number);
    this.#context.reply.message(message);
    this.#context.reply.flush();
  }
}

interface BackupPlan {
  readonly database: Database;
  readonly type: MtfBackupType;
  readonly names: readonly string[];
  readonly options: DeviceOptions;
  readonly request: ActiveRequest;
}

/** A page whose checksum is wrong shows where checksums are looked at; throws DeviceFailure where that ends the backup. */
function meetsDamage({ database, options }: BackupPlan): boolean {
  if (!database.description.damaged || !options.checksum) return false;
  if (options.has('CONTINUE_AFTER_ERROR')) return true;
  throw new DeviceFailure([backupMessages.badPage(database.name)]);
}

/** IsDamaged of RESTORE HEADERONLY. */
function isDamaged({ content }: RestoreVerdict): boolean {
  return ((content?.scin?.readUInt32LE(8) ?? 0) & 0x20) !== 0;
}

async function received(names: readonly string[], paths: readonly string[]): Promise<RunDevice[]> {
  const devices: RunDevice[] = [];
  for (const [index, name] of names.entries()) {
    const path = paths[index];
    devices.push(new RunDevice(name, path ? [await wholeFile(path)] : undefined));
  }
  return devices;
}

// No byte may have come: then the sink was never made.
async function wholeFile(path: string) {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    return { path, offset: 0, length: size, count: 1 };
  } finally {
    await file.close();
  }
}

function restoredDatabase(name: string, run: DeviceRun | undefined) {
  const [first] = run?.devices ?? [];
  const path = first?.pieces?.[0]?.path;
  const streams = path
    ? ({ kind: 'file', path } as const)
    : ({ kind: 'generate', bytes: 8 * 1024 * 1024 } as const);
  return { name, streams };
}

/** The size the backup says it has, once its beginning has come; 0 before. */
async function announcedSize(names: readonly string[], paths: readonly string[]): Promise<number> {
  const devices = paths.length > 0 ? await received(names, paths) : [];
  const [first] = devices;
  const content = first?.pieces ? await readPieces(first.pieces) : undefined;
  return content?.scin ? Number(content.scin.readBigUInt64LE(96)) : 0;
}
