// `-S [tcp:]host[\instance][,port]`, as sqlcmd reads it.

import { usageError } from '../usage-error.ts';
import { wholeNumber } from './option-values.ts';

interface ServerName {
  readonly host: string;
  readonly instance?: string;
  readonly port?: number;
}

const form = 'Write [tcp:]host[\\instance][,port].';
const thisMachine = new Set(['', '.', '(local)', 'localhost']);

export function parseServerName(text: string): ServerName {
  const [address = '', port, ...more] = withoutProtocol(text.trim()).split(',');
  const [hostText = '', instance, ...deeper] = address.trim().split('\\');
  if (more.length > 0 || deeper.length > 0 || instance === '') throw notAServer(text);
  const host = checkHost(hostText.trim(), text);
  return {
    host,
    ...(instance !== undefined && !isDefaultInstance(instance) && { instance: instance.trim() }),
    ...(port !== undefined && { port: wholeNumber('the port of -S', port.trim(), 1, 65_535) }),
  };
}

function withoutProtocol(text: string): string {
  const protocol = /^(tcp|np|lpc|admin):/i.exec(text)?.[1]?.toLowerCase();
  if (protocol === undefined) return text;
  if (protocol === 'tcp') return text.slice('tcp:'.length);
  throw usageError('server-name', `-S ${protocol}: is not supported, only tcp:`, form);
}

function checkHost(host: string, text: string): string {
  if (thisMachine.has(host.toLowerCase())) return 'localhost';
  const bracketed = /^\[([0-9a-f:.%\w]+)\]$/i.exec(host);
  if (bracketed?.[1]) return bracketed[1];
  if (/^[^:]+:\d+$/.test(host)) {
    throw usageError('server-name', `-S '${text}' has a colon before the port`, form);
  }
  if (/[\s;=/()[\]]/.test(host)) throw notAServer(text);
  return host;
}

function notAServer(text: string): Error {
  return usageError('server-name', `-S '${text}' is not a server name`, form);
}

/** The default instance has a name of its own, which nobody may look up. */
function isDefaultInstance(instance: string): boolean {
  return instance.trim().toUpperCase() === 'MSSQLSERVER';
}
