// The records with even numbers; the others have a file of their own, so that two cores share them.

import { bentHeads } from '../rig/bent-heads.ts';

bentHeads(0);
