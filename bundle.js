// node bundle.js: puts the program into dist/bundle, from the sources. One CommonJS file for the main thread and one for
// each kind of worker start sooner than 120 ES modules, and sooner than a few (by 110 and by 30 ms; Node 20, 2 cores):
// that is what a small backup takes. What a verb does not need is in the file, but is not run. Packages stay packages:
// bundled, mssql started no sooner, and `npm audit` would lose sight of them.

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = 'dist/bundle';

// Files that an earlier version made would stay for ever.
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [
    'src/cli/main.ts',
    'src/pipeline/compress-worker.ts',
    'src/pipeline/decompress-worker.ts',
    'src/vdi/device-worker.ts',
  ],
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  format: 'cjs',
  outdir,
  entryNames: '[name]',
  outExtension: { '.js': '.cjs' },
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  // CommonJS has no import.meta.url of its own.
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'moduleUrl' },
});
