// Half of the real backups there and back; the other half is in a file of its own, because a file has two minutes.

import { suite } from 'node:test';
import { roundTrips } from '../rig/round-trip.ts';

suite('real backups', { concurrency: 2 }, () => roundTrips(1, 2));
