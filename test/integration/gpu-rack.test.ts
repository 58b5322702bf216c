/** Eight GPUs with work on them, from the signed order to the meter and back. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { LEAST_W, MOST_W } from '#test/support/gpu-work.ts';
import type { GpuSite } from './support/gpu-site.ts';
import { openGpuSite } from './support/gpu-site.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';

const gear = { ...needs('mosquitto gcc libc6-dev python3', 'mosquitto', 'gcc', 'python3'), timeout: 100_000 };

describe('a rack of eight GPUs', () => {
  test('walks the ladder under a shed, loses no request and no step, and comes back', gear, async (t) => {
    const site = await open(t);
    const { host, work, watcher, issuer, fraction } = site;
    const { vllm, trainer, answers } = work;
    await site.startAgent();

    // 900 W for seven GPUs: all are capped, and nobody is told to rest.
    const capped = await issuer.order({ kind: 'ceiling', fraction: fraction(1200) });
    await watcher.phase(capped, 'metered');
    assert.deepEqual([work.batchRests, vllm.sleeps, trainer.all], [false, 0, []]);
    assert.deepEqual([host.capW(6), host.capW(7)], [LEAST_W, MOST_W]);

    // 550 W: the plain process and the trainer rest, the server is capped.
    const resting = await issuer.order({ kind: 'ceiling', fraction: fraction(850) });
    const { rests_at } = await trainer.first((said) => said['rests_at'] !== undefined);
    await watcher.phase(resting, 'metered');
    assert.deepEqual([work.batchRests, vllm.sleeps], [true, 0]);
    assert.equal(state(site, 'gpu4'), 'asleep');

    // 220 W: the server is drained and sleeps too.
    const least = await issuer.order({ kind: 'ceiling', fraction: fraction(520) });
    await watcher.phase(least, 'metered');
    assert.deepEqual([vllm.asleep, vllm.sleeps], [true, 1]);
    assert.ok(host.totalW <= 520, `${host.totalW} W`);

    const release = await issuer.order({ kind: 'release' });
    await watcher.phase(release, 'restored');
    const { runs_at } = await trainer.first((said) => said['runs_at'] !== undefined);
    assert.equal(runs_at, rests_at);
    assert.equal(vllm.asleep, false);
    assert.equal(work.batchRests, false);
    assert.deepEqual(host.caps(), Array(8).fill(MOST_W));
    const served = answers.length;
    await until(() => answers.length >= served + 3);
    assert.deepEqual([vllm.lost, new Set(answers)], [{ hung: 0, aborted: 0 }, new Set([200])]);
  });

  test('kill -9 with caps set and jobs at rest: the next agent lets all of them go', gear, async (t) => {
    const site = await open(t);
    const { host, work, watcher, issuer, fraction } = site;
    const { vllm, trainer, answers } = work;
    const agent = await site.startAgent();
    const least = await issuer.order({ kind: 'ceiling', fraction: fraction(520) });
    await watcher.phase(least, 'metered');
    await agent.kill();
    assert.deepEqual([work.batchRests, vllm.asleep, host.capW(0)], [true, true, LEAST_W]);
    const release = await issuer.order({ kind: 'release' });
    await site.startAgent();
    await watcher.phase(release, 'restored');
    await trainer.first((said) => said['runs_at'] !== undefined);
    assert.deepEqual([work.batchRests, vllm.asleep, host.caps()], [false, false, Array(8).fill(MOST_W)]);
    const served = answers.length;
    await until(() => answers.length >= served + 3);
    assert.deepEqual([vllm.lost, new Set(answers)], [{ hung: 0, aborted: 0 }, new Set([200])]);
  });

  test(
    'a GPU off the bus and one that refuses its cap are said so, and the others make up for them',
    gear,
    async (t) => {
      const site = await open(t);
      const { host, watcher, issuer, fraction } = site;
      await site.startAgent();
      host.fallOffTheBus(0);
      host.refuse(4, 4);
      await watcher.first('device', ({ device, state }) => device === 'gpu0' && state === 'unreachable');
      const order = await issuer.order({ kind: 'ceiling', fraction: fraction(1500) });
      await watcher.phase(order, 'metered');
      const lost = await watcher.first('device', ({ device, last_error }) => device === 'gpu0' && last_error !== null);
      assert.match(lost.last_error ?? '', /fallen off the bus/);
      const refused = await watcher.first(
        'device',
        ({ device, last_error }) => device === 'gpu4' && last_error !== null,
      );
      assert.match(refused.last_error ?? '', /permission denied/);
      assert.equal(host.capW(4), MOST_W);
      assert.equal(host.capW(6), LEAST_W);
    },
  );
});

async function open(t: TestContext): Promise<GpuSite> {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  return await openGpuSite(t, broker.url);
}

function state({ watcher }: GpuSite, gpu: string): string | undefined {
  return watcher.all('device').findLast(({ device }) => device === gpu)?.state;
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await systemClock.sleep(5);
}
