// The command that fixes a finding, or tells what there is to fix: one table by code.

import { shellWord } from '../../base/shell-word.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { DoctorRequest, Finding } from './doctor-report.ts';

export interface FixContext {
  readonly windows: boolean;
  readonly request: DoctorRequest;
  /** Name of the account that runs this, where known. */
  readonly account?: string | undefined;
  readonly inContainer?: boolean;
  /** Machine that SQL Server says it runs on. */
  readonly serverMachine?: string | undefined;
}

type Fix = (context: FixContext) => string;

const asMssql = 'sudo -u mssql vdibackup doctor';
const elevated = 'Start-Process powershell -Verb RunAs';
const listening = bySystem(
  'sudo ss -ltnp | grep sqlservr',
  'Get-NetTCPConnection -State Listen -OwningProcess (Get-Process sqlservr).Id',
);
/** The DLL is on no search path; its class says where it is, and where it says nothing the folders of SQL Server do. */
const registerClass =
  "Get-ChildItem 'C:\\Program Files\\Microsoft SQL Server' -Recurse -Filter sqlvdi.dll | ForEach-Object { regsvr32 /s $_.FullName }";
const linuxLibrary: Fix = () => 'vdibackup doctor --vdi-library /opt/mssql/lib/libsqlvdi.so';
const loginError = query(() => "EXEC sp_readerrorlog 0, 1, N'Login failed'");
const install = bySystem('nvm install 24', 'winget install OpenJS.NodeJS.LTS');
const odbcDriver = bySystem(
  'sudo apt-get install msodbcsql18',
  'winget install Microsoft.msodbcsql.18',
);
const elsewhere: Fix = ({ request, windows }) =>
  `vdibackup doctor ${shellWord(request.database ?? 'DATABASE', windows)} --dest ANOTHER_FOLDER`;

const fixes: Readonly<Record<string, Fix>> = {
  'node-too-old': install,
  'not-x64': install,
  'unsupported-system': () => 'ssh SQL_SERVER_MACHINE vdibackup doctor',
  'vdi-library-missing': () => 'find / -name libsqlvdi.so 2>/dev/null',
  'vdi-library-bitness': linuxLibrary,
  'vdi-library-unusable': linuxLibrary,
  'vdi-symbol-missing': linuxLibrary,
  'vdi-class-unusable': () => registerClass,
  'vdi-call-failed': bySystem(asMssql, elevated),
  'vdi-aborted': bySystem(asMssql, elevated),
  'device-set-stuck': bySystem(
    'sudo systemctl restart mssql-server',
    (context) => `Restart-Service ${serviceOf(context)}`,
  ),
  'complete-refused': query(() => 'SELECT @@VERSION'),
  'complete-by-update': query(() => 'SELECT @@VERSION'),
  'complete-later': (context) => {
    const backup = `vdibackup ${connectionWords(context)} --json master -`;
    return context.windows
      ? `cmd /c "${backup} 2>&1 >NUL | findstr completeEnabled"`
      : `${backup} 2>&1 >/dev/null | grep completeEnabled`;
  },
  'runs-as-root': () => asMssql,
  'no-server-account': () => 'ps -C sqlservr -o user=,uid=',
  'account-unknown': () => asMssql,
  'not-in-server-group': mutualGroups,
  'server-not-in-group': mutualGroups,
  'group-not-in-effect': () => 'newgrp mssql',
  'not-elevated': () => elevated,
  'elevation-unknown': () => elevated,
  'shm-missing': () => 'sudo mount -t tmpfs -o size=1g tmpfs /dev/shm',
  'shm-small': ({ inContainer }) =>
    inContainer ? 'docker run --shm-size=1g …' : 'sudo mount -o remount,size=1g /dev/shm',
  'shm-full': () => 'ls -l /dev/shm',
  'container-memory-off': () =>
    '/opt/mssql/bin/mssql-conf set memory.enablecontainersharedmemory true',
  'container-unknown': () => 'docker exec -u mssql sql vdibackup doctor',
  'no-answer': again(() => '-l 60'),
  'connection-lost': bySystem(
    'sudo tail -n 50 /var/opt/mssql/log/errorlog',
    "Get-WinEvent Application -MaxEvents 500 | Where-Object ProviderName -like 'MSSQL*'",
  ),
  'connection-refused': bySystem(
    'sudo systemctl start mssql-server',
    'Get-Service MSSQL* | Start-Service',
  ),
  'connection-timeout': listening,
  'connection-reset': listening,
  'connection-failed': listening,
  'instance-not-found': bySystem('sudo ss -ltnp | grep sqlservr', 'Start-Service SQLBrowser'),
  'host-not-found': () => 'vdibackup doctor -S localhost',
  'certificate-untrusted': again((strict) => (strict ? '-N m -C' : '-C')),
  'certificate-name': again(() => '-F NAME_IN_CERTIFICATE'),
  'tls-failed': (context) =>
    context.request.connection.encrypt === 'strict'
      ? again(() => '-N m')(context)
      : query(() => 'SELECT @@VERSION')(context),
  'not-encrypted': listening,
  'foreign-listener': () => 'sudo ss -ltnp',
  'foreign-browser': () => "sudo ss -lunp 'sport = :1434'",
  'listener-trusted': () => 'sudo ss -ltnp',
  'login-routed': () => 'vdibackup doctor -S localhost',
  unencrypted: again(() => '-N m -C'),
  'no-login': bySystem(
    'read -rs SQLCMDPASSWORD && export SQLCMDPASSWORD SQLCMDUSER=backup',
    "$env:SQLCMDUSER = 'backup'; $env:SQLCMDPASSWORD = '…'",
  ),
  'windows-login-unavailable': bySystem(
    'cd /opt/vdibackup && sudo npm ci --include=optional',
    "cd 'C:\\Program Files\\vdibackup'; npm ci --include=optional",
  ),
  'odbc-driver-missing': odbcDriver,
  'odbc-driver-too-old': odbcDriver,
  'login-failed': loginError,
  'login-disabled': query(({ request }) => `ALTER LOGIN ${loginOf(request)} ENABLE`),
  'login-locked': loginError,
  'password-expired': query(
    ({ request }) => `ALTER LOGIN ${loginOf(request)} WITH PASSWORD = N'…'`,
  ),
  'server-paused': (context) => `Resume-Service ${serviceOf(context)}`,
  'other-machine': ({ serverMachine = 'SQL_SERVER_MACHINE', windows }) =>
    `ssh ${shellWord(serverMachine, windows)} vdibackup doctor`,
  'not-sysadmin': query(
    ({ request }) => `ALTER SERVER ROLE sysadmin ADD MEMBER ${loginOf(request)}`,
  ),
  'role-unknown': query(() => "SELECT IS_SRVROLEMEMBER('sysadmin')"),
  'database-missing': query(() => 'SELECT name FROM sys.databases'),
  'database-not-online': query(() => 'SELECT name, state_desc FROM sys.databases'),
  'not-found': ({ request, windows }) =>
    `${windows ? 'mkdir' : 'mkdir -p'} ${shellWord(request.folder ?? '.', windows)}`,
  'access-denied': ({ request, windows, account = 'ACCOUNT' }) =>
    windows
      ? `icacls ${shellWord(request.folder ?? '.', true)} /grant "${account}:(OI)(CI)M"`
      : `sudo chown ${shellWord(account, false)} ${shellWord(request.folder ?? '.', false)}`,
  'space-short': elsewhere,
  'space-tight': elsewhere,
};

/** A named instance has a service of its own; in quotes, because `$` begins a variable of PowerShell. */
function serviceOf({ request }: FixContext): string {
  const { instance } = request.connection;
  return instance === undefined ? 'MSSQLSERVER' : shellWord(`MSSQL$${instance}`, true);
}

/** Codes that the table knows, for the documentation's sake. */
export const fixedCodes: readonly string[] = Object.keys(fixes);

/** With its command, where it needs one and there is one. */
export function withFix(finding: Finding, context: FixContext): Finding {
  const fix = finding.level === 'ok' ? undefined : fixes[finding.code]?.(context);
  return fix === undefined || finding.fix !== undefined ? finding : { ...finding, fix };
}

function bySystem(linux: string, windows: string | Fix): Fix {
  const onWindows = typeof windows === 'string' ? () => windows : windows;
  return (context) => (context.windows ? onWindows(context) : linux);
}

function query(statement: Fix): Fix {
  return (context) => `sqlcmd -Q ${shellWord(statement(context), context.windows)}`;
}

/** The same examination with other options. */
function again(options: (strict: boolean) => string): Fix {
  return (context) => {
    const { connection, database } = context.request;
    const last = database === undefined ? '' : ` ${shellWord(database, context.windows)}`;
    const other = options(connection.encrypt === 'strict');
    return `vdibackup doctor ${connectionWords(context)} ${other}${last}`;
  };
}

/** Where and as whom, in the words of the command line. */
function connectionWords({ request, windows }: FixContext): string {
  const { host, instance, port, login, integrated, trustServerCertificate } = request.connection;
  const named = instance === undefined ? '' : `\\${instance}`;
  const words = [`-S ${shellWord(host + (port === undefined ? named : `,${port}`), windows)}`];
  if (integrated) words.push('-E');
  if (login) words.push(`-U ${shellWord(login.user, windows)}`);
  if (trustServerCertificate) words.push('-C');
  return words.join(' ');
}

function loginOf({ connection }: DoctorRequest): string {
  return quoteIdentifier(connection.login?.user ?? 'login');
}

function mutualGroups({ account = 'ACCOUNT' }: FixContext): string {
  const name = shellWord(account, false);
  return `sudo usermod -aG mssql ${name} && sudo usermod -aG ${name} mssql && sudo systemctl restart mssql-server`;
}
