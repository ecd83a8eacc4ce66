// The stand-in as a program, for a person to play with. Not a product: it says so in its first line.

import { parseStandinArguments, usage } from './standin-arguments.ts';
import { StandinServer } from './standin-server.ts';

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<void> {
  const options = parseStandinArguments(args);
  const server = await StandinServer.start(options);
  process.stdout.write(introduction(server));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.stop().catch(() => undefined);
    });
  }
}

function introduction(server: StandinServer): string {
  const { instance, port, environment } = server;
  const databases = instance.databases.map(({ name }) => name).join(', ');
  return [
    'This is a STAND-IN for SQL Server (a test double of vdibackup), not SQL Server.',
    `listening on 127.0.0.1,${port} as ${instance.serverName}, login ${instance.login.user}`,
    `databases: ${databases}`,
    'clients need in their environment:',
    ...Object.entries(environment).map(([key, value]) => `export ${key}=${value}`),
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}
