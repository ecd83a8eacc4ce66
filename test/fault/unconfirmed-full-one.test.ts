// See rig/lost-verdict.ts. A differential base may have moved.

import { losing } from '../rig/lost-verdict.ts';

losing('full', 1);
