// node bundle.js: puts the program into dist/bundle, from the sources. One CommonJS file for the main thread and one for
// each kind of worker start sooner than 120 ES modules, and sooner than a few (by 110 and by 30 ms; Node 20, 2 cores):
// that is what a small backup takes. What a verb does not need is in the file, but is not run. Packages stay packages:
// bundled, mssql started no sooner, and `npm audit` would lose sight of them.

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = 'dist/bundle';

// Files that an earlier version made would stay for ever.
rmSync(outdir, { recursive: true, force: true });

/** CommonJS has no import.meta.url of its own. */
const moduleUrl = "const moduleUrl = require('node:url').pathToFileURL(__filename).href;";
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  format: 'cjs',
  // `import()` of a package would be looked for by other rules than `require`, which an old Node.js cannot guard.
  supported: { 'dynamic-import': false },
  outdir,
  entryNames: '[name]',
  outExtension: { '.js': '.cjs' },
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  define: { 'import.meta.url': 'moduleUrl' },
};
await build({ ...common, entryPoints: ['src/system/code/module-guard.ts'], banner: { js: moduleUrl } });
await build({
  ...common,
  entryPoints: [
    'src/cli/main.ts',
    'src/pipeline/compress/compress-worker.ts',
    'src/pipeline/decompress/decompress-worker.ts',
    'src/vdi/device-worker.ts',
  ],
  // Before anything else, in every thread: modules come out of our own tree only (src/system/code/module-guard.ts).
  banner: { js: `require('./module-guard.cjs');\n${moduleUrl}` },
});
