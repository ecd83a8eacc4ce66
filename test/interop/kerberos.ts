// A Kerberos realm of its own for a test: what a Windows domain is to -E. MIT's KDC, as the user who runs the test.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { searchPath } from './odbc-environment.ts';

const realm = 'STANDIN.TEST';

/** What must be installed for it. */
export const kerberosPrograms = ['krb5kdc', 'kadmin.local', 'kinit'];

class Kerberos {
  readonly #folder: string;
  readonly #kdc: ChildProcess;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    writeFileSync(join(folder, 'krb5.conf'), clientConfiguration(port));
    writeFileSync(join(folder, 'kdc.conf'), kdcConfiguration(folder, port));
    this.#run('kdb5_util', ['create', '-s', '-P', 'master', '-r', realm]);
    const env = { PATH: searchPath, ...this.#environment };
    this.#kdc = spawn('krb5kdc', ['-n'], { env, stdio: 'ignore' });
  }

  static async start(): Promise<Kerberos> {
    const port = await freePort();
    const kerberos = new Kerberos(mkdtempSync(join(tmpdir(), 'vdibackup-kerberos-')), port);
    await answers(port);
    return kerberos;
  }

  /** The environment in which `user` has a ticket for everything in the realm. */
  ticketOf(user: string): Record<string, string> {
    this.#run('kadmin.local', ['-q', `addprinc -pw secret ${user}`]);
    this.#run('kinit', [user], 'secret\n');
    return this.withoutTicket('cache');
  }

  /** A service that tickets can be had for. */
  addService(principal: string): void {
    this.#run('kadmin.local', ['-q', `addprinc -randkey ${principal}`]);
  }

  withoutTicket(cache = 'no-cache'): Record<string, string> {
    return {
      KRB5_CONFIG: join(this.#folder, 'krb5.conf'),
      KRB5CCNAME: join(this.#folder, cache),
    };
  }

  async stop(): Promise<void> {
    const ended = once(this.#kdc, 'close');
    this.#kdc.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }

  get #environment(): Record<string, string> {
    return { ...this.withoutTicket('cache'), KRB5_KDC_PROFILE: join(this.#folder, 'kdc.conf') };
  }

  #run(program: string, args: readonly string[], input = ''): void {
    const env = { PATH: searchPath, ...this.#environment };
    execFileSync(program, args, { env, input, stdio: 'pipe' });
  }
}

function clientConfiguration(port: number): string {
  return `[libdefaults]
default_realm = ${realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
${realm} = {
  kdc = 127.0.0.1:${port}
}
[domain_realm]
localhost = ${realm}
`;
}

function kdcConfiguration(folder: string, port: number): string {
  return `[kdcdefaults]
kdc_listen = 127.0.0.1:${port}
kdc_tcp_listen = 127.0.0.1:${port}
[realms]
${realm} = {
  database_name = ${join(folder, 'principal')}
  key_stash_file = ${join(folder, 'stash')}
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('krb5kdc does not answer');
}

/** A realm for the suite that asks for it, and one account with a ticket. */
export class SuiteRealm {
  #kerberos: Kerberos | undefined;
  /** The environment in which the account has its ticket. */
  ticket: Record<string, string> = {};

  constructor() {
    before(async () => {
      this.#kerberos = await Kerberos.start();
      this.ticket = this.#kerberos.ticketOf('backup');
    });
    after(() => this.#kerberos?.stop());
  }

  /** The rig's runs log in with the ticket, with these options more. */
  admit(rig: Rig, ...options: string[]): void {
    this.#kerberos?.addService(`MSSQLSvc/localhost:${rig.server.port}`);
    rig.connectionEnvironment = this.ticket;
    rig.connection = ['-S', `localhost,${rig.server.port}`, ...options];
  }

  /** The environment of an account of the realm that has no ticket. */
  get withoutTicket(): Record<string, string> {
    return this.#kerberos?.withoutTicket() ?? {};
  }
}
