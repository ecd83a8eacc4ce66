// Who has a port of this machine, from the kernel's tables /proc/net/tcp, tcp6, udp and udp6 (proc_pid_net(5)). Pure.

interface Row {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly state: number;
  readonly uid: number;
  /** 0 for a connection that nobody has accepted yet; its uid is 0 then, too, and says nothing. */
  readonly inode: number;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** States of a socket that takes what comes: TCP_LISTEN, and TCP_CLOSE for UDP without a peer (tcp_states.h). */
const listening = { tcp: 0x0a, udp: 0x07 } as const;
const established = 0x01;

/** The texts of both tables of a protocol; one that is missing is empty. */
export interface SocketTables {
  readonly v4: string;
  readonly v6: string;
}

/** The uids of whoever is given what is sent to `port` of `address`; empty where the table does not say. */
export function listenerUids(
  tables: SocketTables,
  protocol: 'tcp' | 'udp',
  { address, port }: Endpoint,
): number[] {
  const wanted = canonical(address);
  const v4 = rows(tables.v4);
  const v6 = rows(tables.v6);
  const bound = (table: readonly Row[], to: string) =>
    table.filter(
      ({ local, state }) =>
        state === listening[protocol] && local.port === port && local.address === to,
    );
  // The kernel prefers the narrower address, and a socket of the address's own family.
  const places = wanted.includes(':')
    ? [bound(v6, wanted), bound(v6, '::')]
    : [
        [...bound(v4, wanted), ...bound(v6, mapped(wanted))],
        [...bound(v4, '0.0.0.0'), ...bound(v6, mapped('0.0.0.0'))],
        bound(v6, '::'),
      ];
  const found = places.find((place) => place.length > 0) ?? [];
  return [...new Set(found.map(({ uid }) => uid))];
}

/** The uid at the other end of a connection inside this machine, once somebody has accepted it. */
export function peerUid(tables: SocketTables, here: Endpoint, there: Endpoint): number | undefined {
  const isEnd = (end: Endpoint, of: Endpoint) =>
    end.port === of.port &&
    [canonical(of.address), mapped(canonical(of.address))].includes(end.address);
  const peer = [...rows(tables.v4), ...rows(tables.v6)].find(
    ({ local, remote, state }) =>
      state === established && isEnd(local, there) && isEnd(remote, here),
  );
  return peer && peer.inode !== 0 ? peer.uid : undefined;
}

function rows(table: string): Row[] {
  return table.split('\n').flatMap((line) => {
    const [, local, remote, state, , , , uid, , inode] = line.trim().split(/\s+/);
    const [from, to] = [endpoint(local), endpoint(remote)];
    if (!from || !to || inode === undefined) return [];
    const numbers = { state: Number.parseInt(state ?? '', 16), uid: Number(uid) };
    return [{ local: from, remote: to, ...numbers, inode: Number(inode) }];
  });
}

/** `0100007F:0599`; the address in words of 32 bits as this (little-endian) machine has them in memory. */
function endpoint(text: string | undefined): Endpoint | undefined {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(text ?? '');
  if (!match) return undefined;
  const [, hex = '', port = ''] = match;
  const bytes = Buffer.from(hex, 'hex').swap32();
  const address =
    bytes.length === 4
      ? bytes.join('.')
      : canonical(
          Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(':'),
        );
  return { address, port: Number.parseInt(port, 16) };
}

/** One spelling for each address: of IPv6 the WHATWG URL's, without the scope of a link. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  const [plain] = address.split('%');
  const { hostname } = new URL(`http://[${plain}]/`);
  return hostname.slice(1, -1);
}

/** An IPv4 address as a socket for both families has it. */
function mapped(address: string): string {
  return address.includes(':') ? address : canonical(`::ffff:${address}`);
}
