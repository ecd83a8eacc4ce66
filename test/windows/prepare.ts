// Makes everything the Windows tests need, as far as it is not there yet. Installs nothing by itself.

import { join } from 'node:path';
import { registerClass } from './com-class.js';
import { projectFolder, standinDll } from './places.js';
import { installRandomDll } from './random-dll.js';
import { missingPackages, run } from './tools.js';
import { assembleApp, nodePath } from './windows-app.js';
import { makePrefix } from './wine.js';
import { zstdBinding } from './zstd-binding.js';

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
