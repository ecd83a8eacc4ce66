// The options of everything that talks to SQL Server, as commander knows them. What their words mean: connection-options.ts.

import type { Command } from 'commander';

/** Of commands that also open virtual devices. */
export function connectionOptions(command: Command): void {
  loginOptions(command);
  command
    .option('--assume-local', 'do not check that the server runs on this machine')
    .option('--vdi-library <file>', 'another libsqlvdi.so (Linux)');
}

export function loginOptions(command: Command): void {
  command
    .optionsGroup('Connection (the letters of sqlcmd):')
    .option('-S, --server <name>', '[tcp:]host[\\instance][,port] (default: this machine)')
    .option('-E, --integrated', 'Windows login')
    .option('-U, --user <name>', 'SQL Server login')
    .option('-P, --password <password>', 'its password; better: SQLCMDPASSWORD or --password-file')
    .option('--password-file <file>', 'the first line of this file is the password')
    .option('-C, --trust-server-certificate', 'trust the server certificate unchecked')
    .option(
      '-N, --encrypt [s|m|o]',
      'encryption: strict, mandatory (default) or optional, which can show the password',
    )
    .option('-F, --host-name-in-certificate <name>', 'expect this name in the certificate')
    .option('-l, --login-timeout <seconds>', '0 = no limit (default: 8)')
    .option('-H, --workstation <name>', 'workstation name that SQL Server shows')
    .option('-K, --application-intent <intent>', 'ReadOnly or ReadWrite')
    .option('--trust-listener', 'log in whoever listens at the port (Linux)');
}
