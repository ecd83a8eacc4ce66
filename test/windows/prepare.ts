// Makes everything the Windows tests need, as far as it is not there yet. Installs nothing by itself.

import { join } from 'node:path';
import { registerClass } from './com-class.ts';
import { projectFolder, standinDll } from './places.ts';
import { installRandomDll } from './random-dll.ts';
import { missingPackages, run } from './tools.ts';
import { assembleApp, nodePath } from './windows-app.ts';
import { makePrefix } from './wine.ts';
import { zstdBinding } from './zstd-binding.ts';

const missing = missingPackages();
if (missing.length > 0) {
  process.stderr.write(`missing Debian packages: apt-get install ${missing.join(' ')}\n`);
  process.exit(1);
}
run('make', ['-C', join(projectFolder, 'test', 'standin', 'native'), 'windows']);
makePrefix();
installRandomDll();
registerClass(standinDll);
nodePath();
assembleApp(await zstdBinding());
