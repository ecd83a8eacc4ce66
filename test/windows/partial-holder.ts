// A run of the same target whose named pipe is not seen, as on another machine of a share: it has locked its partial
// file and writes. Run under Wine by failure.test.ts until it is killed.

import { writeSync } from 'node:fs';
import { createPartial } from '../../src/job/files/run-lock.ts';

const partial = await createPartial(process.argv[2] ?? '');
await partial.write(Buffer.from('begun'), 0);
writeSync(2, 'held');
setInterval(() => undefined, 1000);
