// bcryptprimitives.dll with the one function Rust's standard library asks of it. Wine 8 has no such DLL.

import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, system32 } from './places.ts';
import { compiler, run } from './tools.ts';

const source = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE into, SIZE_T bytes) {
  return SystemFunction036(into, (ULONG)bytes);
}
`;

export function installRandomDll(): void {
  const dll = join(cacheFolder, 'bcryptprimitives.dll');
  if (!existsSync(dll)) {
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(`${dll}.c`, source);
    run(compiler, ['-O2', '-shared', '-s', '-o', dll, `${dll}.c`, '-ladvapi32']);
  }
  const place = join(system32, 'bcryptprimitives.dll');
  if (!existsSync(place)) copyFileSync(dll, place);
}
