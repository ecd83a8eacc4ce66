// The fuzzer's native part on a system older than the one it was built on. Jazzer.js 4 ships one binary for Linux; it
// asks for the symbol versions of glibc 2.38 and GCC 13, of which it uses three functions that every older system has
// under another name. A copy of the binary gets these versions marked as dispensable (ELF: VER_FLG_WEAK), and a library
// of the three functions is preloaded. Nothing in node_modules changes.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const missingVersions = ['GLIBC_2.38', 'GLIBCXX_3.4.32'];
const functions = `#include <cstdlib>
#include <iostream> // starts the streams, which newer libraries do by themselves
extern "C" {
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
void _ZSt21ios_base_library_initv() {}
}
`;
const versionsNeeded = 0x6fff_fffe;
const weak = 2;

/** What to add to a process that loads the fuzzer: nothing where it loads as it is. */
export interface LoadHelp {
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Throws an Error that says what is missing when the fuzzer cannot be loaded at all. */
export function helpToLoad(folder: string): LoadHelp {
  const asIs: LoadHelp = { nodeOptions: [], env: {} };
  const refusal = refusalToLoad(asIs);
  if (refusal === undefined) return asIs;
  if (!missingVersions.some((version) => refusal.includes(version))) throw new Error(refusal);
  const help = olderHelp(folder);
  const stillRefused = refusalToLoad(help);
  if (stillRefused !== undefined) throw new Error(stillRefused);
  return help;
}

function refusalToLoad({ nodeOptions, env }: LoadHelp): string | undefined {
  const args = [...nodeOptions, '--eval', "require('@jazzer.js/fuzzer')"];
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (/^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr);
}

function olderHelp(folder: string): LoadHelp {
  mkdirSync(folder, { recursive: true });
  const [source, library, addon, hook] = [
    'functions.cpp',
    'functions.so',
    'fuzzer.node',
    'hook.mjs',
  ].map((name) => join(folder, name)) as [string, string, string, string];
  writeFileSync(source, functions);
  const built = spawnSync('g++', ['-shared', '-fPIC', '-o', library, source], { encoding: 'utf8' });
  if (built.status !== 0)
    throw new Error(`g++ could not build ${source}: ${built.error?.message ?? built.stderr}`);
  const { original, name } = originalAddon();
  writeFileSync(addon, withWeakVersions(original));
  writeFileSync(hook, redirection(name, addon));
  return {
    nodeOptions: ['--import', pathToFileURL(hook).href],
    env: { LD_PRELOAD: library },
  };
}

function originalAddon() {
  const require = createRequire(import.meta.url);
  const name = `fuzzer-${process.platform}-${process.arch}.node`;
  const entry = require.resolve('@jazzer.js/fuzzer');
  return { name, original: readFileSync(join(entry, '..', '..', 'prebuilds', name)) };
}

/** The module that loads the copy in place of the original. */
function redirection(name: string, addon: string): string {
  return `const load = process.dlopen;
process.dlopen = (module, path, ...more) =>
  load.call(process, module, path.endsWith(${JSON.stringify(name)}) ? ${JSON.stringify(addon)} : path, ...more);
`;
}

/** ELF64, little-endian: the entries of .gnu.version_r (SHT_GNU_verneed) that name a missing version. */
function withWeakVersions(original: Buffer): Buffer {
  const elf = Buffer.from(original);
  const u64 = (at: number) => Number(elf.readBigUInt64LE(at));
  const [sectionsAt, sectionBytes, sections] = [
    u64(0x28),
    elf.readUInt16LE(0x3a),
    elf.readUInt16LE(0x3c),
  ];
  for (let index = 0; index < sections; index += 1) {
    const section = sectionsAt + index * sectionBytes;
    if (elf.readUInt32LE(section + 4) !== versionsNeeded) continue;
    const strings = u64(sectionsAt + elf.readUInt32LE(section + 0x28) * sectionBytes + 0x18);
    weaken(elf, u64(section + 0x18), strings);
  }
  return elf;
}

function weaken(elf: Buffer, start: number, strings: number): void {
  for (let file = start, next = 1; next !== 0; file += next) {
    next = elf.readUInt32LE(file + 12);
    let entry = file + elf.readUInt32LE(file + 8);
    for (let left = elf.readUInt16LE(file + 2); left > 0; left -= 1) {
      const nameAt = strings + elf.readUInt32LE(entry + 8);
      const name = elf.toString('latin1', nameAt, elf.indexOf(0, nameAt));
      if (missingVersions.includes(name))
        elf.writeUInt16LE(elf.readUInt16LE(entry + 4) | weak, entry + 4);
      entry += elf.readUInt32LE(entry + 12);
    }
  }
}
