// Who listens at a port of this machine, before a login goes there. Every user may listen at 1433 while SQL Server is
// down, and at SQL Browser's UDP 1434 where there is none: such a listener gets no password. On Linux the kernel says
// whose a listener is; where it does not (another machine, another network namespace, Windows) nobody is refused.

import { lookup } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import { accountName, serverUidIn } from '../../system/account-table.ts';
import { isInContainer } from '../../system/container-mark.ts';
import type { SqlConnectionSettings } from '../sql-session.ts';
import { listenerUids, peerUid, type SocketTables } from './socket-table.ts';

/** UDP port of SQL Browser (MS-SQLR 2.1). */
const browserPort = 1434;

/** SQL Server's files, which its account owns; made by root, so nobody else can have put it there. */
const serverFolder = '/var/opt/mssql';

/** uid of SQL Server in Microsoft's images; a container beside it has no account for it. Elsewhere it may be anybody's. */
const imageUid = 10_001;

interface ListenerOwner {
  readonly uid: number;
  /** Its account, where it has one. */
  readonly account: string | undefined;
  /** root's, SQL Server's or our own. */
  readonly trusted: boolean;
}

/**
 * root could read the password anyway, and whoever runs as we do as well. Not asked: what a process calls itself, or
 * which program it runs. Any user can run sqlservr with code of his own in it (LD_PRELOAD).
 */
export interface Accounts {
  readonly own: readonly number[];
  /** The text of /etc/passwd. */
  readonly passwd: string;
  readonly folderOwner: number | undefined;
  readonly inContainer: boolean;
  /** What stands for every uid of another user namespace; undefined in the first one, where all are known. */
  readonly unknownUid: number | undefined;
}

export function ownerOf(uid: number, accounts: Accounts): ListenerOwner | undefined {
  if (uid === accounts.unknownUid) return undefined;
  const { own, passwd, folderOwner, inContainer } = accounts;
  const account = accountName(passwd, uid);
  const isImage = inContainer && account === undefined;
  const server = [serverUidIn(passwd), folderOwner, isImage ? imageUid : undefined];
  return { uid, account, trusted: uid === 0 || own.includes(uid) || server.includes(uid) };
}

/** Without a port in the settings, and without an instance of which SQL Browser would say it. */
const defaultPort = 1433;

/** Whose the listener is that `settings` lead to; one who is not trusted comes first. */
export async function listenerOf({
  host,
  instance,
  port = instance === undefined ? defaultPort : undefined,
}: SqlConnectionSettings): Promise<ListenerOwner | undefined> {
  if (port === undefined) return undefined;
  const found = await Promise.all(
    (await lookup(host, { all: true })).map(({ address }) => listenerAt(address, port)),
  );
  const owners = found.filter((owner) => owner !== undefined);
  return owners.find(({ trusted }) => !trusted) ?? owners[0];
}

async function listenerAt(address: string, port: number): Promise<ListenerOwner | undefined> {
  if (!isLocal(address)) return undefined;
  return judged(listenerUids(await tables('tcp'), 'tcp', { address: plainAddress(address), port }));
}

/** What speaks against logging in through `socket`. Looked at after connecting: who listens then has got it. */
export async function foreignListener(
  settings: SqlConnectionSettings,
  socket: Socket,
): Promise<Failure | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return undefined;
  if (!isLocal(remoteAddress)) return undefined;
  const there = { address: plainAddress(remoteAddress), port: remotePort };
  const found = await tables('tcp');
  const peer = peerUid(found, { address: plainAddress(localAddress), port: localPort }, there);
  const uids = listenerUids(found, 'tcp', there);
  const owner = await judged(peer === undefined ? uids : [...uids, peer]);
  if (!owner || owner.trusted) return undefined;
  const { host } = settings;
  return refusal('foreign-listener', `the listener of ${host},${remotePort}`, owner, [
    `Is SQL Server down, and has another program its port? ss -ltnp 'sport = :${remotePort}' shows it.`,
  ]);
}

/** What speaks against asking SQL Browser at `address`. */
export async function foreignBrowser(
  { host }: SqlConnectionSettings,
  address: string,
): Promise<Failure | undefined> {
  if (!isLocal(address)) return undefined;
  const uids = listenerUids(await tables('udp'), 'udp', {
    address: plainAddress(address),
    port: browserPort,
  });
  const owner = await judged(uids);
  if (!owner || owner.trusted) return undefined;
  return refusal('foreign-browser', `SQL Browser (UDP ${browserPort}) at ${host}`, owner, [
    `ss -lunp 'sport = :${browserPort}' shows what it is; give the port instead of the instance: -S host,port.`,
  ]);
}

function refusal(
  code: FailureCode<'connection'>,
  what: string,
  { uid, account }: ListenerOwner,
  hints: readonly string[],
): Failure {
  const who = account === undefined ? `uid ${uid}` : `${account} (uid ${uid})`;
  const message = `${what} belongs to ${who}, which is neither SQL Server's account nor root: no login was sent`;
  return new Failure(code, message, {
    hints: [...hints, 'If it is meant (a port forwarded by this account): --trust-listener.'],
  });
}

async function judged(uids: readonly number[]): Promise<ListenerOwner | undefined> {
  if (uids.length === 0) return undefined;
  const accounts = await readAccounts();
  const owners = uids.flatMap((uid) => ownerOf(uid, accounts) ?? []);
  return owners.find(({ trusted }) => !trusted) ?? owners[0];
}

async function readAccounts(): Promise<Accounts> {
  const isFirst = /^\s*0\s+0\s+4294967295\s*$/.test(await textOf('/proc/self/uid_map'));
  const overflow = Number((await textOf('/proc/sys/kernel/overflowuid')) || '65534');
  const owner = await stat(serverFolder).then(
    ({ uid }) => uid,
    () => undefined,
  );
  return {
    own: [process.getuid?.(), process.geteuid?.()].filter((uid) => uid !== undefined),
    passwd: await textOf('/etc/passwd'),
    folderOwner: owner,
    inContainer: await isInContainer(),
    unknownUid: isFirst ? undefined : overflow,
  };
}

/** Read after each other, the listeners of each before its connections: a connection cannot slip from one to the other unseen. */
async function tables(protocol: 'tcp' | 'udp'): Promise<SocketTables> {
  const v4 = await textOf(`/proc/net/${protocol}`);
  return { v4, v6: await textOf(`/proc/net/${protocol}6`) };
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** An address that the kernel does not send anywhere else: loopback, "any" (which leads there), or an interface's. */
function isLocal(address: string): boolean {
  const plain = plainAddress(address);
  if (plain.startsWith('127.') || plain === '::1') return true;
  return Object.values(networkInterfaces()).some((own) =>
    own?.some((one) => one.address === plain),
  );
}

/** Without the scope of a link, and IPv4 as such. */
function plainAddress(address: string): string {
  const plain = address.replace(/%.*/, '').replace(/^::ffff:(?=[\d.]+$)/i, '');
  return (
    new Map([
      ['0.0.0.0', '127.0.0.1'],
      ['::', '::1'],
    ]).get(plain) ?? plain
  );
}
