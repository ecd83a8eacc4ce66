// zstd-napi for Windows, cross-compiled from the sources inside its npm package.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { installed, npmPackage, versionOf } from './npm-package.ts';
import { cacheFolder } from './places.ts';
import { compiler, cxxCompiler, dllTool, run } from './tools.ts';

const headersVersion = '1.9.0';

const cFlags = ['-O3', '-DZSTD_MULTITHREAD', '-DZSTD_DISABLE_ASM', '-DXXH_NAMESPACE=ZSTD_'];
const cxxFlags = [
  '-O2',
  '-std=c++17',
  '-fexceptions',
  '-DNAPI_VERSION=8',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
  '-DBUILDING_NODE_EXTENSION',
];

/** Path of the binding, compiled once for each version of what goes into it. */
export async function zstdBinding(): Promise<string> {
  const zstd = installed('zstd-napi');
  const api = installed('node-addon-api');
  const versions = [
    versionOf(zstd),
    versionOf(api),
    headersVersion,
    run(cxxCompiler, ['--version']),
  ];
  const key = createHash('sha256')
    .update(JSON.stringify([versions, cFlags, cxxFlags]))
    .digest('hex')
    .slice(0, 12);
  const binding = join(cacheFolder, `zstd-napi-${versionOf(zstd)}-${key}.node`);
  if (!existsSync(binding)) await compile(binding, zstd, api);
  return binding;
}

async function compile(binding: string, zstd: string, api: string): Promise<void> {
  const work = `${binding}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const headers = join(npmPackage('node-api-headers', headersVersion), 'include');
  const library = join(zstd, 'deps', 'zstd', 'lib');
  const includes = [headers, api, library].map((folder) => `-I${folder}`);
  const jobs = [
    ...['common', 'compress', 'decompress'].flatMap((part) =>
      sources(join(library, part), '.c').map((path) => [
        compiler,
        ...cFlags,
        ...includes,
        '-c',
        path,
      ]),
    ),
    ...sources(join(zstd, 'src'), '.cc').map((path) => [
      cxxCompiler,
      ...cxxFlags,
      ...includes,
      '-c',
      path,
    ]),
  ];
  await Promise.all(Array.from({ length: availableParallelism() }, () => worker(jobs, work)));
  importLibrary(headers, work);
  const objects = readdirSync(work).filter((name) => name.endsWith('.o'));
  run(
    cxxCompiler,
    ['-shared', '-static', '-s', '-o', 'binding.node', ...objects, 'libnode.a'],
    work,
  );
  renameSync(join(work, 'binding.node'), binding);
  rmSync(work, { recursive: true });
}

async function worker(jobs: string[][], work: string): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const [program = '', ...args] = job;
    const object = join(work, `${basename(job.at(-1) ?? '')}.o`);
    await promisify(execFile)(program, [...args, '-o', object]);
  }
}

function sources(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/** What node.exe exports to addons, as something to link against. */
function importLibrary(headers: string, work: string): void {
  const text = ['js_native_api.h', 'node_api.h']
    .map((name) => readFileSync(join(headers, name), 'utf8'))
    .join('\n');
  const names = new Set(
    [...text.matchAll(/\b((?:napi|node_api)_[a-z0-9_]+) *\(/g)].map(([, name]) => name),
  );
  writeFileSync(join(work, 'node.def'), ['LIBRARY node.exe', 'EXPORTS', ...names, ''].join('\n'));
  run(dllTool, ['-d', 'node.def', '-l', 'libnode.a'], work);
}
