import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cipherFor } from '../../../src/sql/tds/login-transport.ts';
import {
  encodeMessage,
  encryption,
  encryptionOf,
  longestMessage,
  MessageReader,
  packetTypes,
  withEncryption,
} from '../../../src/sql/tds/tds-message.ts';
import { encodePackets } from '../../standin/packet.ts';
import { encodePrelogin, readClientEncryption } from '../../standin/prelogin.ts';

const room = 4096 - 8;

for (const length of [0, 1, room - 1, room, room + 1, 3 * room])
  test(`a message of ${length} bytes is put together again, whatever the pieces`, () => {
    const payload = Buffer.alloc(length, 7);
    const packets = encodeMessage(packetTypes.prelogin, payload);
    const stock = encodePackets(packetTypes.prelogin, payload, 4096, {
      last: true,
      spid: 0,
      firstId: 1,
    });
    assert.deepEqual(packets, Buffer.concat(stock), 'as the stand-in writes it');
    const reader = new MessageReader();
    for (const byte of packets.subarray(0, -1)) {
      reader.push(Buffer.of(byte));
      assert.equal(reader.next(), undefined);
    }
    reader.push(Buffer.concat([packets.subarray(-1), Buffer.from('more')]));
    const message = reader.next();
    assert.deepEqual(message, { type: packetTypes.prelogin, payload, packets });
    assert.deepEqual(reader.rest(), Buffer.from('more'));
    assert.ok(reader.isEmpty);
  });

test('what cannot be TDS is refused, and so is what never ends', () => {
  const short = new MessageReader();
  short.push(Buffer.from('0400000700000000', 'hex'));
  assert.throws(() => short.next(), RangeError);
  const endless = new MessageReader();
  endless.push(Buffer.alloc(longestMessage));
  assert.throws(() => endless.push(Buffer.alloc(1)), RangeError);
});

test('the encryption of a PRELOGIN is read and changed in place', () => {
  const prelogin = encodePrelogin([16, 0, 4135, 4], encryption.notSupported);
  assert.equal(encryptionOf(prelogin), encryption.notSupported);
  const changed = withEncryption(prelogin, encryption.off);
  assert.equal(readClientEncryption(changed), encryption.off);
  assert.equal(changed.length, prelogin.length);
  assert.equal(encryptionOf(withEncryption(prelogin, encryption.on | 0x80)), encryption.on);
});

test('a PRELOGIN without the option, or cut before its value, says nothing of encryption', () => {
  const prelogin = encodePrelogin([16, 0, 4135, 4], encryption.on);
  const valueAt = prelogin.length - 1 - 1 - 1;
  for (const bytes of [Buffer.alloc(0), Buffer.of(0xff), prelogin.subarray(0, valueAt)])
    assert.equal(encryptionOf(bytes), undefined);
  assert.throws(() => withEncryption(Buffer.of(0xff), encryption.on), /internal error/);
});

test('only -N o can be talked out of TLS', () => {
  const answers = [encryption.off, encryption.on, encryption.notSupported, encryption.required, 7];
  const ciphers = (encrypt: 'mandatory' | 'optional') =>
    answers.map((answer) => cipherFor(encrypt, answer));
  assert.deepEqual(ciphers('mandatory'), [
    'refused',
    'everything',
    'refused',
    'everything',
    'refused',
  ]);
  assert.deepEqual(ciphers('optional'), [
    'login-only',
    'everything',
    'plain',
    'everything',
    'refused',
  ]);
  assert.equal(cipherFor('mandatory', undefined), 'refused');
});
