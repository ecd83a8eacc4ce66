// PRELOGIN: the option list both sides exchange first, and the encryption they settle on.

export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

/** What the instance does about TLS: `required` is "Force Encryption", `off` an instance without a certificate. */
export type TlsPolicy = 'required' | 'supported' | 'off';

/** How the connection goes on after PRELOGIN. */
export type ConnectionCipher = 'plain' | 'login-only' | 'everything' | 'refused';

const tokens = { version: 0, encryption: 1, instance: 2, threadId: 3, mars: 4, terminator: 0xff };
const clientCertificateBit = 0x80;

/** The client's wish; a PRELOGIN without the option means no encryption. */
export function readClientEncryption(payload: Buffer): number {
  for (let at = 0; payload[at] !== tokens.terminator && at + 5 <= payload.length; at += 5) {
    if (payload[at] !== tokens.encryption) continue;
    return (payload[payload.readUInt16BE(at + 1)] ?? 0) & ~clientCertificateBit;
  }
  return encryption.notSupported;
}

export function negotiate(
  client: number,
  policy: TlsPolicy,
): { answer: number; cipher: ConnectionCipher } {
  const wants = client === encryption.on || client === encryption.required;
  if (policy === 'off') {
    return { answer: encryption.notSupported, cipher: wants ? 'refused' : 'plain' };
  }
  if (wants) return { answer: encryption.on, cipher: 'everything' };
  if (policy === 'required') {
    const cipher = client === encryption.notSupported ? 'refused' : 'everything';
    return { answer: encryption.required, cipher };
  }
  if (client === encryption.notSupported) return { answer: client, cipher: 'plain' };
  return { answer: encryption.off, cipher: 'login-only' };
}

export function encodePrelogin(version: readonly number[], answer: number): Buffer {
  const [major = 0, minor = 0, build = 0] = version;
  const values = [
    { token: tokens.version, bytes: [major, minor, build >> 8, build & 0xff, 0, 0] },
    { token: tokens.encryption, bytes: [answer] },
    { token: tokens.instance, bytes: [0] },
    { token: tokens.threadId, bytes: [] },
    { token: tokens.mars, bytes: [0] },
  ];
  let offset = values.length * 5 + 1;
  const head: number[] = [];
  for (const { token, bytes } of values) {
    head.push(token, offset >> 8, offset & 0xff, 0, bytes.length);
    offset += bytes.length;
  }
  return Buffer.from([...head, tokens.terminator, ...values.flatMap(({ bytes }) => bytes)]);
}
