import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Side, watchForStall } from '../../../src/job/serving/stall-watch.ts';

const stuck = (side: Side) => ({ moved: () => 0, side: () => ({ side, detail: 'x' }) });

suite('stall watch', () => {
  for (const side of ['SQL Server', 'compression', 'the destination'] as const) {
    test(`names ${side}`, async () => {
      const failure = await new Promise<Error>((resolve) =>
        watchForStall(60, stuck(side), resolve),
      );
      assert.match(failure.message, new RegExp(`no byte moved for 60ms: ${side} is stuck`));
    });
  }

  test('stays silent while bytes move, and when it is off or ended', async () => {
    let moved = 0;
    const moving = setInterval(() => {
      moved += 1;
    }, 5);
    const fail = () => assert.fail('stalled');
    const ends = [
      watchForStall(200, { ...stuck('SQL Server'), moved: () => moved }, fail),
      watchForStall(0, stuck('SQL Server'), fail),
    ];
    watchForStall(50, stuck('SQL Server'), fail)();
    await new Promise((resolve) => setTimeout(resolve, 400));
    for (const end of ends) end();
    clearInterval(moving);
  });
});
