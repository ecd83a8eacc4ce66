// Messages with which SQL Server refuses a login.

import { onLogin, type Row } from '../explanation.ts';

const soon = 'SQL Server has just been started: try again in a moment.';
const licences = 'Close other connections, then try again: the licence allows no more.';
const driver =
  'Is this the port of a SQL Server instance, with nothing in between that changes the stream? Connect to localhost.';

// biome-ignore format: a table, each row a line or two
export const loginRows: readonly Row[] = [
  [[18456], onLogin, 'login-failed',
    'Check the user, the password and that the server allows SQL logins (mixed mode); the reason (state) is in its error log.'],
  [[18452], onLogin, 'login-failed',
    'The server allows Windows logins only, or the domain is not trusted: enable mixed mode or say -E.'],
  [[4060], onLogin, 'login-failed', 'The login may not open the database master.'],
  [[4064], onLogin, 'login-failed',
    "Give the login another default database: ALTER LOGIN … WITH DEFAULT_DATABASE = master."],
  [[18470], onLogin, 'login-disabled', 'Enable the login: ALTER LOGIN … ENABLE.'],
  [[18486], onLogin, 'login-locked',
    'Unlock the login: ALTER LOGIN … WITH PASSWORD = … UNLOCK.'],
  [[18487], onLogin, 'password-expired',
    'Set a new password: sqlcmd -Z, or ALTER LOGIN … WITH PASSWORD = ….'],
  [[18488], onLogin, 'password-expired',
    'The password must be changed before the first login: sqlcmd -Z, or ALTER LOGIN … WITH PASSWORD = ….'],
  [[18461], onLogin, 'server-single-user',
    'The instance runs in single-user mode and somebody else is logged in.'],
  [[18451], onLogin, 'server-starting', `Only administrators may log in just now. ${soon}`],
  [[17187], onLogin, 'server-starting', soon],
  [[17189, 17300, 17803], onLogin, 'server-busy',
    'SQL Server is short of threads or memory: close other connections or give it more, then try again.'],
  [[17188, 17191], onLogin, 'server-shutting-down', 'Repeat it once the instance runs again.'],
  [[17142], onLogin, 'server-paused',
    'The instance is paused; continue it in Configuration Manager.'],
  [[17813], onLogin, 'server-paused', 'The service was stopped or disabled: start it again.'],
  [[18401], onLogin, 'server-upgrading',
    'The instance is being upgraded: try again in a few minutes.'],
  [[17809, 17889], onLogin, 'too-many-connections', 'Close other connections, then try again.'],
  [[17810], onLogin, 'too-many-connections', 'Leave admin: out of -S, or close the other administrator connection.'],
  [[18458, 18459, 18460], onLogin, 'too-many-connections', licences],
  [[17892], onLogin, 'login-trigger',
    'A logon trigger refuses it; they are listed in sys.server_triggers.'],
  [[17197, 17829, 17830, 17899], onLogin, 'login-timeout',
    'The login took too long: a slow network or a busy server. Say a longer -l, and connect to localhost.'],
  [[17198], onLogin, 'login-failed', 'The endpoint was dropped meanwhile: is this the right port (-S)?'],
  [[17806], onLogin, 'windows-login-failed',
    'The Windows login was not agreed on: is the clock right, is the SPN of the service registered (setspn -L ACCOUNT)? Connect to localhost.'],
  [[17819], onLogin, 'encryption-required', 'The server takes strict encryption only: -N s.'],
  [[17835], onLogin, 'encryption-required', 'The server takes encrypted connections only: -N m, or -N s.'],
  [[17821], onLogin, 'encryption-impossible',
    'The server has no certificate for strict connections: give it one in Configuration Manager, or say -N m.'],
  [[17194], onLogin, 'encryption-impossible',
    'SQL Server cannot start TLS: is its certificate there, and may its account read the private key?'],
  [[17802, 17827, 17828, 17832, 17836, 17898, 18056], onLogin, 'login-failed', driver],
];
