// node file-pourer.js FILE: the file, on standard output.

import { createReadStream } from 'node:fs';

createReadStream(process.argv[2] ?? '').pipe(process.stdout);
