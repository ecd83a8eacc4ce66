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
  };
}

// LOGIN7 swaps the nibbles of every password byte and XORs with 0xA5: obscurity, not secrecy.
function reveal(obscured: Buffer): string {
  const clear = Buffer.from(obscured.map((byte) => swapNibbles(byte ^ 0xa5)));
  return clear.toString('utf16le');
}

function swapNibbles(byte: number): number {
  return ((byte << 4) | (byte >> 4)) & 0xff;
}
