// SERVERPROPERTY, CONNECTIONPROPERTY and @@VERSION of the instance.
import type { Instance } from './instance.ts';
import type { Session } from './session.ts';
import type { SqlValue } from './sql-value.ts';

const engineEditions: [RegExp, number][] = [
  [/express/i, 4],
  [/standard|web/i, 2],
];
const releaseYears: Record<number, string> = {
  11: '2012',
  12: '2014',
  13: '2016',
  14: '2017',
  15: '2019',
  16: '2022',
  17: '2025',
};

export function serverProperty(instance: Instance, name: string): SqlValue {
  return properties(instance)[name.toLowerCase()] ?? null;
}

function properties(instance: Instance): Record<string, SqlValue> {
  const [major = 0, minor = 0, build = 0] = instance.versionParts;
  const isLinux = instance.platform === 'Linux';
  const root = isLinux ? '/var/opt/mssql/data/' : dataFolder(major, instance.instanceName);
  return {
    machinename: instance.machineName,
    computernamephysicalnetbios: instance.machineName,
    servername: instance.serverName,
    instancename: instance.instanceName ?? null,
    productversion: instance.version,
    productmajorversion: String(major),
    productminorversion: String(minor),
    productbuild: String(build),
    productlevel: 'RTM',
    productupdatelevel: null,
    edition: instance.edition,
    editionid: -2117995310n,
    engineedition: engineEditions.find(([pattern]) => pattern.test(instance.edition))?.[1] ?? 3,
    collation: instance.caseSensitive ? 'Latin1_General_BIN2' : 'SQL_Latin1_General_CP1_CI_AS',
    lcid: 1033,
    isclustered: 0,
    ishadrenabled: 0,
    isintegratedsecurityonly: 0,
    issingleuser: instance.singleUser ? 1 : 0,
    isfulltextinstalled: 0,
    islocaldb: 0,
    processid: process.pid,
    instancedefaultdatapath: root,
    instancedefaultlogpath: root,
    instancedefaultbackuppath: root,
    pathseparator: isLinux ? '/' : '\\',
    licensetype: 'DISABLED',
  };
}

function dataFolder(major: number, instance: string | undefined): string {
  const id = `MSSQL${major}.${instance ?? 'MSSQLSERVER'}`;
  return `C:\\Program Files\\Microsoft SQL Server\\${id}\\MSSQL\\DATA\\`;
}

export function versionText(instance: Instance): string {
  const major = instance.versionParts[0] ?? 0;
  const year = releaseYears[major] ?? `version ${major}`;
  return [
    `Microsoft SQL Server ${year} (STAND-IN, a test double) - ${instance.version} (X64)`,
    `\t${instance.edition} on ${instance.platform}`,
  ].join('\n');
}

export function connectionProperty(session: Session, name: string): SqlValue {
  const values: Record<string, SqlValue> = {
    net_transport: 'TCP',
    protocol_type: 'TSQL',
    auth_scheme: 'SQL',
    client_net_address: '127.0.0.1',
    local_net_address: '127.0.0.1',
    encrypt_option: session.encrypted ? 'TRUE' : 'FALSE',
  };
  return values[name.toLowerCase()] ?? null;
}
