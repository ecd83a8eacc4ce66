import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MiB } from '../../../src/base/byte-size.ts';
import { defaultFrameSize, pipelineShape } from '../../../src/pipeline/pipeline-shape.ts';
import { compressBound } from '../../../src/zstd/frame-header.ts';

suite('pipeline shape', () => {
  for (let devices = 1; devices <= 64; devices += 1) {
    test(`${devices} devices: more slots than devices, frames of 1 to 4 MiB`, () => {
      const shape = pipelineShape(devices, 2);
      assert.ok(shape.slotCount > devices);
      assert.ok(shape.frameSize >= MiB && shape.frameSize <= defaultFrameSize);
      assert.ok(shape.slotCapacity >= compressBound(shape.frameSize));
      assert.ok(shape.slotCount * shape.slotCapacity < 100 * MiB);
    });
  }

  test('threads do not shrink the frames', () => {
    assert.equal(pipelineShape(1, 64).frameSize, defaultFrameSize);
  });
});
