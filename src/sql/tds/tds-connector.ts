// How the TDS driver gets its connection: from here, once. A second call is the driver following a server that sends it
// elsewhere (read-only routing), and that is refused: a virtual device needs the instance on this machine, and a login
// goes to nobody whom the command line does not name.

import { lookup } from 'node:dns/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { internalError } from '../../base/errors.ts';
import { hungUp, rerouted } from '../message/connect-failure.ts';
import type { SqlConnectionSettings } from '../sql-session.ts';
import { foreignBrowser, foreignListener } from './listener-check.ts';
import { LoginTransport } from './login-transport.ts';
import { strictTls } from './tds-tls.ts';

/** What tedious gives to `options.connector`: where it would connect to, and when to give up. */
interface Target {
  readonly host: string;
  readonly port: number;
}

/** Documented without these arguments; without them there is no connection. */
export type Connector = (
  target?: Target,
  lookup?: unknown,
  signal?: AbortSignal,
) => Promise<Socket>;

/** The driver's own limit begins with the connection; a name is looked up before that, for at most so long without one, ms. */
const lookupTimeoutMs = 30_000;

/** Throws what speaks against asking SQL Browser, if it would be asked. */
export async function checkBrowser(settings: SqlConnectionSettings): Promise<void> {
  if (settings.trustListener) return;
  const limit = settings.loginTimeout > 0 ? settings.loginTimeout * 1000 : lookupTimeoutMs;
  for (const address of await addressesOf(settings.host, AbortSignal.timeout(limit))) {
    const failure = await foreignBrowser(settings, address);
    if (failure) throw failure;
  }
}

export function tdsConnector(settings: SqlConnectionSettings): Connector {
  let called = false;
  return async (target, _, signal) => {
    if (!target || !signal) throw internalError('a driver that says where it connects to', target);
    const { host, port } = target;
    if (called) throw rerouted(settings, `${host},${port}`);
    called = true;
    if (host !== settings.host) throw internalError(`a connection to ${settings.host}`, host);
    const socket = await connect(await addressesOf(host, signal), port, signal);
    try {
      return await transport(socket, settings);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
}

/** The driver needs no more of a socket than a LoginTransport has. */
async function transport(socket: Socket, settings: SqlConnectionSettings): Promise<Socket> {
  const foreign = settings.trustListener ? undefined : await foreignListener(settings, socket);
  if (foreign) throw foreign;
  // Nagle's algorithm (RFC 896) made the first question after a login wait 40 ms for the server's delayed acknowledgement.
  socket.setNoDelay(true);
  const base = settings.encrypt === 'strict' ? await startStrictTls(socket, settings) : socket;
  return new LoginTransport(socket, base, settings) as Duplex as Socket;
}

async function startStrictTls(socket: Socket, settings: SqlConnectionSettings): Promise<TLSSocket> {
  try {
    return await strictTls(socket, settings);
  } catch (error) {
    const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    throw reset ? hungUp(settings, false, error) : error;
  }
}

/** A resolver may take longer than anybody waits (getaddrinfo cannot be ended): `signal` goes on without it. */
async function addressesOf(host: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted();
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const found = await Promise.race([lookup(host, { all: true }), ended]);
  return found.map(({ address }) => address);
}

/** The first address that answers, in the order in which the system gives them. */
async function connect(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const errors: unknown[] = [];
  for (const address of addresses) {
    signal.throwIfAborted();
    try {
      return await connectTo(address, port, signal);
    } catch (error) {
      errors.push(error);
    }
  }
  signal.throwIfAborted();
  throw new AggregateError(errors, 'no address answers');
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, address);
    // An error without a listener would end the process; whoever uses the socket has one of his own.
    socket.on('error', () => undefined);
    const giveUp = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', giveUp);
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', giveUp));
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
