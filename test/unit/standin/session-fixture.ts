// A session on an instance, without a network.
import { Instance, type InstanceOptions } from '../../standin/instance.ts';
import type { Session } from '../../standin/session.ts';

export function makeSession(options: Partial<InstanceOptions> = {}): Session {
  return {
    id: 51,
    instance: new Instance({
      machineName: 'HOST',
      instance: 'LAB',
      databases: [
        { name: 'Sales', streams: { kind: 'generate', bytes: 1 << 20 } },
        {
          name: 'Old',
          recoveryModel: 'SIMPLE',
          state: 'OFFLINE',
          encrypted: true,
          streams: { kind: 'generate', bytes: 1 << 20 },
        },
      ],
      ...options,
    }),
    login: {
      tdsVersion: 0x7400_0004,
      packetSize: 4096,
      hostName: 'client',
      userName: 'sa',
      password: '',
      applicationName: 'test',
      serverName: '',
      database: '',
      windowsToken: Buffer.alloc(0),
    },
    encrypted: true,
    database: 'master',
    transactions: 0,
    rowCount: 0,
    lastError: 0,
    variables: new Map(),
  };
}
