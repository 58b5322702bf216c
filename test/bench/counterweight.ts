/**
 * Eight GPUs in lockstep draw as a recorded V100 did, in bursts; three miners are their counterweight, with 0.3, 1 and
 * 5 s until they follow. Without control, with a plain mirror that is perfect but late, and with Ballast with and
 * without the jobs' hints.
 */
import type { Hint } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { ModelDevice } from '#test/support/model-rack.ts';
import { ModelRack, STEP_MS } from '#test/support/model-rack.ts';
import { accepted, after, inventory, miner, policyOf, seen } from '#test/support/pictures.ts';
import type { Bench, Check } from './bench.ts';
import type { Trace } from './counterweight/trace.ts';
import { readTrace, spans } from './counterweight/trace.ts';
import { mean } from './tracking/score.ts';

export const counterweight: Bench = {
  name: 'counterweight',
  what: 'a level is held against a recorded GPU load by miners of 0.3, 1 and 5 s',
  run: async ({ data, say }) => {
    if (data === undefined) return { kind: 'notRun', why: 'no data' };
    const trace = await readTrace(data, SCALE);
    const checks: Check[] = [];
    const figures: Record<string, number> = {};
    const none = result(uncontrolled(trace), 0);
    note(figures, 'none', none);
    for (const delayMs of DELAYS_MS) {
      const s = `${delayMs / 1000}s`;
      const mirror = result(mirrored(trace, delayMs), 0);
      note(figures, `mirror_${s}`, mirror);
      for (const hinted of [false, true]) {
        const who = hinted ? 'hinted' : 'unhinted';
        const ballast = ran(trace, delayMs, hinted);
        note(figures, `${who}_${s}`, ballast);
        checks.push(
          { what: `${who}, ${s}: share of time over the line by 1 %`, value: ballast.over, limit: 0, better: 'lower' },
          {
            what: `${who}, ${s}: deviation, of the mirror’s`,
            value: ballast.stdW / mirror.stdW,
            limit: 1,
            better: 'lower',
          },
          { what: `${who}, ${s}: AI time it cost`, value: ballast.aiLost, limit: AI_TIME, better: 'lower' },
        );
      }
      say(`miners of ${s}`);
    }
    return { kind: 'ran', checks, figures };
  },
};

const DELAYS_MS: readonly Millis[] = [300, 1000, 5000];
const GPUS = 8;
/** Of a V100's watts: eight of these swing by 3.4 kW. */
const SCALE = 3;
const LEVEL_W: Watts = 11_000;
/** Scored for two minutes, after the shape of the load has been seen for one. */
const LEARN_MS: Millis = 60_000;
const SPAN_MS: Millis = 120_000;
const HINT_MS: Millis = 1000;
const AHEAD_MS: Millis = 10_000;
/** What the policy lets it cost. */
const AI_TIME = 0.02;

type Result = { readonly stdW: Watts; readonly over: number; readonly aiLost: number };

function steps(): Millis[] {
  return Array.from({ length: SPAN_MS / STEP_MS }, (_, i) => LEARN_MS + (i + 1) * STEP_MS);
}

/** Miners at a standing part that makes the level the mean. */
function uncontrolled(trace: Trace): Watts[] {
  const load = steps().map((ms) => GPUS * trace(ms));
  return load.map((watts) => LEVEL_W + watts - mean(load));
}

function mirrored(trace: Trace, delayMs: Millis): Watts[] {
  return steps().map((ms) => LEVEL_W + GPUS * (trace(ms) - trace(ms - delayMs)));
}

function ran(trace: Trace, delayMs: Millis, hinted: boolean): Result {
  const drawn: Watts[] = [];
  let asked = 0;
  let given = 0;
  const rack = new ModelRack({
    devices: [...gpus(trace), ...miners(delayMs)],
    policy: policyOf({ balance: { ai_time: AI_TIME } }),
    meterMs: 100,
    readMs: 100,
    stepped: ({ ms, watts, wattsOf }) => {
      if (ms <= LEARN_MS) return;
      drawn.push(watts);
      asked += GPUS * trace(ms);
      for (let n = 0; n < GPUS; n++) given += wattsOf(`gpu${n}`);
    },
  });
  const devices = devicesOf(rack.picture).map(({ facts }) => facts);
  const meters = Object.values(rack.picture.meters).map(({ facts }) => facts);
  const train = {
    id: 'train',
    adapter: 'cooperative',
    gpus: devices.slice(0, GPUS).map(({ id }) => id),
    tier: 1,
    periodMs: 1000,
    controls: {},
  } as const;
  rack.picture = seen(rack.picture, rack.now, inventory({ devices, meters, workloads: [train] }));
  const ramp = { down_w_per_s: null, up_w_per_s: null };
  rack.hear({ kind: 'order', accepted: accepted({ kind: 'setpoint', watts: LEVEL_W }, { ramp }) });
  for (let ms = 0; ms < LEARN_MS + SPAN_MS; ms += HINT_MS) {
    if (hinted) rack.hear({ kind: 'hints', workload: train.id, hints: hintsFrom(trace, ms) });
    rack.advance(HINT_MS);
  }
  return result(drawn, 1 - given / asked);
}

function hintsFrom(trace: Trace, ms: Millis): Hint[] {
  return spans(trace, ms, ms + AHEAD_MS, 20 * SCALE).map(({ from, until, watts }) => ({
    fromMono: after(from / 1000).mono,
    untilMono: after(until / 1000).mono,
    powerW: GPUS * watts,
  }));
}

function result(drawn: readonly Watts[], aiLost: number): Result {
  const middle = mean(drawn);
  const stdW = Math.sqrt(mean(drawn.map((watts) => (watts - middle) ** 2)));
  return { stdW, over: drawn.filter((watts) => watts > LEVEL_W * 1.01).length / drawn.length, aiLost };
}

function note(figures: Record<string, number>, who: string, { stdW, over, aiLost }: Result): void {
  figures[`${who}_std_w`] = stdW;
  figures[`${who}_over_share`] = over;
  figures[`${who}_ai_lost`] = aiLost;
}

const quick = { settle_ms: 50, restarts: false, persistent: false, min_interval_s: 0 };

function gpus(trace: Trace): ModelDevice[] {
  const limit = { ...quick, range: { min: 100 * SCALE, max: 300 * SCALE, step: 1, unit: 'watts' as const } };
  return Array.from({ length: GPUS }, (_, n) => ({
    facts: miner(`gpu${n}`, { kind: 'gpu', ratedW: 300 * SCALE, controls: { limit } }),
    delayMs: 50,
    tauMs: 0,
    demandW: trace,
  }));
}

/** Their times are known as commissioning leaves them. */
function miners(delayMs: Millis): ModelDevice[] {
  const { sleep, wake } = miner('any').controls;
  const limit = { ...quick, settle_ms: delayMs, range: { min: 20, max: 100, step: 1, unit: 'percent' as const } };
  const learned = { drop10S: delayMs / 1000, drop90S: (delayMs + 100) / 1000 };
  return [1, 2, 3].map((n) => ({
    facts: miner(`m${n}`, { controls: { ...(sleep && { sleep }), ...(wake && { wake }), limit }, learned }),
    delayMs,
    tauMs: 50,
  }));
}
