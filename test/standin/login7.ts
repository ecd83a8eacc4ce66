// LOGIN7: who logs in, from where, to which database.

export interface Login {
  readonly tdsVersion: number;
  readonly packetSize: number;
  readonly hostName: string;
  readonly userName: string;
  readonly password: string;
  readonly applicationName: string;
  readonly serverName: string;
  readonly database: string;
  /** The GSS-API token of a Windows login; empty when a user and a password log in. */
  readonly windowsToken: Buffer;
}

const fieldsStart = 36;
const fieldNames = [
  'hostName',
  'userName',
  'password',
  'applicationName',
  'serverName',
  'extension',
  'interfaceLibrary',
  'language',
  'database',
] as const;
/** OptionFlags2, and fIntSecurity in it; ibSSPI and cbSSPI, which count bytes (MS-TDS 2.2.6.4). */
const optionFlags2 = 25;
const integratedSecurity = 0x80;
const sspiField = 78;

export function parseLogin(payload: Buffer): Login {
  const field = (name: (typeof fieldNames)[number]): Buffer => {
    const at = fieldsStart + fieldNames.indexOf(name) * 4;
    const start = payload.readUInt16LE(at);
    return payload.subarray(start, start + payload.readUInt16LE(at + 2) * 2);
  };
  const text = (name: (typeof fieldNames)[number]) => field(name).toString('utf16le');
  return {
    tdsVersion: payload.readUInt32LE(4),
    packetSize: payload.readUInt32LE(8),
    hostName: text('hostName'),
    userName: text('userName'),
    password: reveal(field('password')),
    applicationName: text('applicationName'),
    serverName: text('serverName'),
    database: text('database'),
    windowsToken: windowsToken(payload),
  };
}

function windowsToken(payload: Buffer): Buffer {
  if (((payload[optionFlags2] ?? 0) & integratedSecurity) === 0) return Buffer.alloc(0);
  const start = payload.readUInt16LE(sspiField);
  return payload.subarray(start, start + payload.readUInt16LE(sspiField + 2));
}

// LOGIN7 swaps the nibbles of every password byte and XORs with 0xA5: obscurity, not secrecy.
function reveal(obscured: Buffer): string {
  const clear = Buffer.from(obscured.map((byte) => swapNibbles(byte ^ 0xa5)));
  return clear.toString('utf16le');
}

function swapNibbles(byte: number): number {
  return ((byte << 4) | (byte >> 4)) & 0xff;
}

const kerberosOid = Buffer.from('06092a864886f712010202', 'hex');

/** True for a token of Kerberos, alone or inside SPNEGO (RFC 4121, RFC 4178); NTLM is none. */
export function isKerberos(token: Buffer): boolean {
  return token.includes(kerberosOid);
}
