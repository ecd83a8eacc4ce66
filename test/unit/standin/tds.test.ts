import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../standin/byte-writer.ts';
import { parseLogin } from '../../standin/login7.ts';
import { encodePackets, PacketReader } from '../../standin/packet.ts';
import {
  encodePrelogin,
  encryption,
  negotiate,
  readClientEncryption,
} from '../../standin/prelogin.ts';
import { parseRemoteCall } from '../../standin/rpc.ts';
import { bigintType, bitType, intType, nvarchar, variantType } from '../../standin/sql-value.ts';
import { columnMetadata, message, row } from '../../standin/tokens.ts';

test('a message survives packets and arbitrary pieces', () => {
  const payload = Buffer.from(Array.from({ length: 3000 }, (_, index) => index & 0xff));
  const packets = encodePackets(1, payload, 512, { last: true, spid: 51, firstId: 1 });
  assert.equal(packets.length, Math.ceil(3000 / 504));
  assert.deepEqual(
    packets.map((packet) => packet[1]),
    [0, 0, 0, 0, 0, 1],
  );
  const reader = new PacketReader();
  const bytes = Buffer.concat(packets);
  const messages = Array.from(bytes).flatMap((byte) => reader.push(Buffer.from([byte])));
  assert.equal(messages.length, 1);
  assert.deepEqual(messages[0]?.payload, payload);
});

test('an ignored message is dropped', () => {
  const [packet = Buffer.alloc(0)] = encodePackets(1, Buffer.from('x'), 512, {
    last: true,
    spid: 0,
    firstId: 1,
  });
  packet[1] = 3;
  assert.deepEqual(new PacketReader().push(packet), []);
});

test('a packet that claims less than its header is refused', () => {
  assert.throws(() => new PacketReader().push(Buffer.from([1, 1, 0, 4, 0, 0, 1, 0])));
});

test('encryption is negotiated as SQL Server does', () => {
  const { off, on, notSupported, required } = encryption;
  const outcomes = (['off', 'supported', 'required'] as const).map((policy) =>
    [off, on, notSupported, required].map((client) => {
      const { answer, cipher } = negotiate(client, policy);
      return `${answer} ${cipher}`;
    }),
  );
  assert.deepEqual(outcomes, [
    ['2 plain', '2 refused', '2 plain', '2 refused'],
    ['0 login-only', '1 everything', '2 plain', '1 everything'],
    ['3 everything', '1 everything', '3 refused', '1 everything'],
  ]);
});

test('PRELOGIN says what it was told to say', () => {
  const bytes = encodePrelogin([16, 0, 4135, 4], encryption.on);
  assert.equal(readClientEncryption(bytes), encryption.on);
  const version = bytes.readUInt16BE(1);
  assert.deepEqual([...bytes.subarray(version, version + 4)], [16, 0, 0x10, 0x27]);
});

test('LOGIN7 gives up its fields, the password included', () => {
  const out = new ByteWriter();
  const fields = ['host', 'sa', 'pä$$', 'app', 'srv', '', 'lib', '', 'Sales'];
  const start = 94;
  const header = Buffer.alloc(start);
  header.writeUInt32LE(0x7400_0004, 4);
  header.writeUInt32LE(8000, 8);
  let offset = start;
  for (const [index, field] of fields.entries()) {
    header.writeUInt16LE(offset, 36 + index * 4);
    header.writeUInt16LE(field.length, 38 + index * 4);
    offset += field.length * 2;
  }
  const obscure = (text: string) =>
    Buffer.from(
      Buffer.from(text, 'utf16le').map((byte) => (((byte << 4) | (byte >> 4)) & 0xff) ^ 0xa5),
    );
  out.bytes(header);
  for (const [index, field] of fields.entries()) {
    if (index === 2) out.bytes(obscure(field));
    else out.text(field);
  }
  const login = parseLogin(out.toBuffer());
  assert.equal(login.userName, 'sa');
  assert.equal(login.password, 'pä$$');
  assert.equal(login.database, 'Sales');
  assert.equal(login.hostName, 'host');
  assert.equal(login.packetSize, 8000);
});

test('an RPC gives its procedure and parameters', () => {
  const headers = Buffer.from([4, 0, 0, 0]);
  const body = new ByteWriter().bytes(headers).u16(0xffff).u16(10).u16(0);
  const long = (name: string, text: string | null) => {
    body.shortText(name).u8(0).u8(0xe7).u16(0xffff).bytes(Buffer.alloc(5));
    if (text === null) body.u64(0xffff_ffff_ffff_ffffn);
    else
      body
        .u64(text.length * 2)
        .u32(text.length * 2)
        .text(text)
        .u32(0);
  };
  long('', 'SELECT @a');
  long('@n', null);
  body.shortText('@a').u8(0).u8(0x26).u8(4).u8(4).u32(42);
  body.shortText('@b').u8(0).u8(0x68).u8(1).u8(1).u8(1);
  body.shortText('@c').u8(0).u8(0xe7).u16(20).bytes(Buffer.alloc(5)).u16(4).text('hi');
  const call = parseRemoteCall(body.toBuffer());
  assert.equal(call.procedure, 'sp_executesql');
  assert.deepEqual(
    call.parameters.map(({ name, typed }) => [name, typed.value]),
    [
      ['', 'SELECT @a'],
      ['@n', null],
      ['@a', 42],
      ['@b', true],
      ['@c', 'hi'],
    ],
  );
});

test('informational messages are of class 0, errors keep their severity', () => {
  const said = (severity: number) =>
    message({ number: 3014, severity, state: 2, text: 'ok' }, 'S', 1);
  assert.deepEqual([said(10)[0], said(10)[8]], [0xab, 0]);
  assert.deepEqual([said(16)[0], said(16)[8]], [0xaa, 16]);
});

test('rows and metadata are byte for byte what the protocol says', () => {
  const columns = [
    { name: 'i', type: intType },
    { name: 'b', type: bitType },
    { name: 't', type: nvarchar(10) },
    { name: 'l', type: bigintType },
    { name: 'v', type: variantType },
  ];
  assert.equal(
    columnMetadata(columns.slice(0, 2)).toString('hex'),
    '81020000000000090026040169000000000009006801016200',
  );
  const bytes = row(columns, [-1, true, 'hi', null, 7]).toString('hex');
  assert.equal(bytes, 'd104ffffffff01010400680069000006000000380007000000');
});
