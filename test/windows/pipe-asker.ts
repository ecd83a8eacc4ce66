// Prints what the system says of the maker of a pipe. Run under Wine by failure.test.ts.

import { writeSync } from 'node:fs';
import { socketHolder } from '../../src/system/lock/socket-peer.ts';

writeSync(2, JSON.stringify(await socketHolder(process.argv[2] ?? '')) ?? 'nobody');
