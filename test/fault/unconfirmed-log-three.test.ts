// See rig/lost-verdict.ts. A log may be truncated, so its backup may be the only place where it is.

import { losing } from '../rig/lost-verdict.ts';

losing('log', 3);
