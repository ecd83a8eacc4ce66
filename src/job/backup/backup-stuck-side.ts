// Which side of a backup is being waited for.

import type { BackupPipeline } from '../../pipeline/compress/backup-pipeline.ts';
import type { ServedDevices } from '../serving/served-devices.ts';
import type { StuckSide } from '../serving/stall-watch.ts';

/** Who is being waited for: the pipeline's own end first, because a full pipeline makes SQL Server wait too. */
export function stuckSide(pipeline: BackupPipeline, devices: ServedDevices): StuckSide {
  if (pipeline.waitsFor === 'disk')
    return { side: 'the destination', detail: 'a write or fsync has not come back' };
  if (pipeline.waitsFor === 'compression')
    return { side: 'compression', detail: 'a frame is not ready' };
  return { side: 'SQL Server', detail: `devices: ${devices.activities}` };
}
