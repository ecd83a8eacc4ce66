import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { listenerUids, peerUid, type SocketTables } from '../../../src/sql/tds/socket-table.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid';

function table(
  ...rows: [local: string, remote: string, state: string, uid: number, inode: number][]
) {
  const lines = rows.map(
    ([local, remote, state, uid, inode], at) =>
      `   ${at}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1`,
  );
  return [head, ...lines, ''].join('\n');
}

const none4 = '00000000:0000';
const any6 = '00000000000000000000000000000000';
const none6 = `${any6}:0000`;
const port = 1433;
const at = (address: string) => ({ address, port });

test('the narrowest address has the port, then any, then both families', () => {
  const both: SocketTables = {
    v4: table(['0100007F:0599', none4, '0A', 1, 11], ['00000000:0599', none4, '0A', 2, 12]),
    v6: table([`${any6}:0599`, none6, '0A', 3, 13]),
  };
  assert.deepEqual(listenerUids(both, 'tcp', at('127.0.0.1')), [1]);
  assert.deepEqual(listenerUids(both, 'tcp', at('10.0.0.1')), [2]);
  assert.deepEqual(listenerUids({ ...both, v4: '' }, 'tcp', at('10.0.0.1')), [3]);
  assert.deepEqual(listenerUids(both, 'tcp', at('::1')), [3]);
  assert.deepEqual(listenerUids(both, 'tcp', { address: '::1', port: 1434 }), []);
  assert.deepEqual(listenerUids({ v4: '', v6: '' }, 'tcp', at('::1')), []);
});

test('an IPv4 address in the table of IPv6, and a link with its scope', () => {
  const v6 = table(
    ['0000000000000000FFFF00000100007F:0599', none6, '0A', 4, 14],
    ['000080FE000000000000000001000000:0599', none6, '0A', 5, 15],
  );
  assert.deepEqual(listenerUids({ v4: '', v6 }, 'tcp', at('127.0.0.1')), [4]);
  assert.deepEqual(listenerUids({ v4: '', v6 }, 'tcp', at('fe80::1%eth0')), [5]);
});

test('a connection is no listener, and UDP has another state for one', () => {
  const v4 = table(['0100007F:0599', '0100007F:D431', '01', 6, 16]);
  assert.deepEqual(listenerUids({ v4, v6: '' }, 'tcp', at('127.0.0.1')), []);
  const udp = table(['0100007F:0599', none4, '07', 7, 17]);
  assert.deepEqual(listenerUids({ v4: udp, v6: '' }, 'udp', at('127.0.0.1')), [7]);
});

test('the other end of a connection is known once somebody has accepted it', () => {
  const here = { address: '127.0.0.1', port: 0xd431 };
  const with4 = (uid: number, inode: number): SocketTables => ({
    v4: table(
      ['0100007F:D431', '0100007F:0599', '01', 9, 20],
      ['0100007F:0599', '0100007F:D431', '01', uid, inode],
    ),
    v6: '',
  });
  assert.equal(peerUid(with4(8, 21), here, at('127.0.0.1')), 8);
  assert.equal(peerUid(with4(0, 0), here, at('127.0.0.1')), undefined, 'not accepted yet');
  assert.equal(peerUid(with4(8, 21), { ...here, port: 1 }, at('127.0.0.1')), undefined);
  const mapped = '0000000000000000FFFF00000100007F';
  const v6 = table([`${mapped}:0599`, `${mapped}:D431`, '01', 8, 22]);
  assert.equal(peerUid({ v4: '', v6 }, here, at('127.0.0.1')), 8);
});

const own = process.getuid?.();
const tables = (protocol: string): SocketTables => ({
  v4: readFileSync(`/proc/net/${protocol}`, 'utf8'),
  v6: readFileSync(`/proc/net/${protocol}6`, 'utf8'),
});

for (const address of ['127.0.0.1', '::1', '::', '0.0.0.0'])
  test(`the kernel's own table shows a listener at ${address} as ours, and its connection`, async () => {
    const server = createServer();
    server.listen(0, address);
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const to = (server.address() as AddressInfo).port;
    const host = address.includes(':') ? '::1' : '127.0.0.1';
    const client = connect(to, host);
    await once(client, 'connect');
    await accepted;
    const there = { address: host, port: to };
    assert.deepEqual(listenerUids(tables('tcp'), 'tcp', there), [own]);
    const here = { address: client.localAddress ?? '', port: client.localPort ?? 0 };
    server.close();
    assert.equal(peerUid(tables('tcp'), here, there), own, 'also when nobody listens any more');
    assert.deepEqual(listenerUids(tables('tcp'), 'tcp', there), []);
    client.destroy();
  });

test("the kernel's own table shows a socket of UDP as ours", async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const there = { address: '127.0.0.1', port: socket.address().port };
  assert.deepEqual(listenerUids(tables('udp'), 'udp', there), [own]);
  socket.close();
});
