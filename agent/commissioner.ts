/** Commissioning as a person at the rack asks for it: begun, looked at and called off; what fits is kept. */
import type { Millis } from '#protocol/units.ts';
import type { Policy } from './config/policy.ts';
import type { Fit } from './decide/commission/fit.ts';
import { fitOf } from './decide/commission/fit.ts';
import { isReleased } from './decide/commission/released.ts';
import type { Result, Run } from './decide/commission/run.ts';
import { whyNoRun } from './decide/commission/run.ts';
import type { Memory } from './decide/plan.ts';
import { steered } from './decide/share/roster.ts';
import type { Turn } from './loop.ts';
import type { Commissioning } from './parts.ts';
import type { Clock } from './platform/clock.ts';
import { now } from './platform/clock.ts';
import type { Commissioned, Observation } from './state/observation.ts';
import { outletName } from './state/outlets.ts';
import type { DeviceView, Moved, Picture } from './state/picture.ts';
import { deviceOf, devicesOf } from './state/picture.ts';
import { settingText } from './state/setting.ts';

export type CommissionerParts = {
  readonly clock: Clock;
  policy(): Policy;
  picture(): Picture;
  memory(): Memory;
  observe(observation: Observation): void;
  /** Told to whoever watches the rack. */
  tell(why: string, device: string): void;
};

/** Whoever has asked for it must look this often: a terminal that was closed must not leave a rack being moved. */
const UNWATCHED_MS: Millis = 30_000;

export class Commissioner {
  readonly #parts: CommissionerParts;
  #cancel = () => {};
  /** Results of the run that have been told, and when that run began. */
  #told = { begunAt: Number.NaN, count: 0 };

  constructor(parts: CommissionerParts) {
    this.#parts = parts;
  }

  /** @returns why not. */
  begin(devices: readonly string[]): string | undefined {
    const { picture, memory, observe, clock } = this.#parts;
    const { run } = memory();
    if (run && run.over === undefined) return 'it runs already';
    const why = whyNoRun(picture(), memory(), now(clock));
    if (why !== undefined) return why;
    this.#watched();
    observe({ kind: 'commission', devices });
    return undefined;
  }

  /** How far it is. Keeps it running. */
  look(): Commissioning {
    const { picture, memory, policy, clock } = this.#parts;
    const { run } = memory();
    if (run && run.over === undefined) this.#watched();
    const seen = picture();
    return {
      running: run !== undefined && run.over === undefined,
      ...(run?.over !== undefined && { over: run.over }),
      ...(run?.test && { doing: doingOf(run, clock.monotonic()) }),
      waiting: run?.waiting.length ?? 0,
      results: run?.results ?? (seen.local.observes ? observed(seen, policy()) : []),
      released: devicesOf(seen)
        .filter((device) => isReleased(device, policy()))
        .map(({ facts }) => facts.id),
    };
  }

  /** Whatever is away from home goes there. */
  end(): void {
    this.#cancel();
    this.#parts.observe({ kind: 'commission' });
  }

  /** Keeps what a turn has found to fit. */
  turned({ picture, memory: { run } }: Turn): void {
    if (run) this.#keepRun(run, picture);
    if (!picture.local.observes) return;
    for (const result of observed(picture, this.#parts.policy()))
      if (result.fits) this.#keep(result, 'observed', picture);
  }

  #keepRun(run: Run, picture: Picture): void {
    if (this.#told.begunAt !== run.begunAt) this.#told = { begunAt: run.begunAt, count: 0 };
    const fresh = run.results.slice(this.#told.count);
    this.#told.count = run.results.length;
    for (const result of fresh) {
      const { device, fits, findings } = result;
      this.#parts.tell(`commissioning: ${fits ? 'it moves what it is to move' : findings.join('; ')}`, device);
      if (fits) this.#keep(result, 'moved', picture);
    }
  }

  #keep({ device, outlets }: Result, how: Commissioned['how'], picture: Picture): void {
    const view = deviceOf(picture, device);
    if (!view) return;
    const { facts, identity } = view;
    const commissioned: Commissioned = {
      at: this.#parts.clock.wall(),
      how,
      adapter: facts.adapter,
      ...(identity?.mac !== undefined && { mac: identity.mac }),
      outlets: outlets.length > 0 ? outlets : facts.outlets.map(outletName),
    };
    this.#parts.observe({ kind: 'commissioned', device, commissioned });
    if (how === 'observed') this.#parts.tell('commissioning: it was seen to move what it is to move', device);
  }

  #watched(): void {
    this.#cancel();
    this.#cancel = this.#parts.clock.after('commissioning is watched', UNWATCHED_MS, () => this.end());
  }
}

function doingOf({ test }: Run, mono: Millis): Commissioning['doing'] & object {
  const [leg] = test?.legs ?? [];
  const what = leg ? `to be ${settingText(leg)}` : 'watched standing still';
  return { device: test?.device ?? '', what, forS: Math.round((mono - (test?.since.mono ?? mono)) / 1000) };
}

/** What has been seen of devices that nobody has commissioned yet, from how they last went to sleep or woke. */
function observed(picture: Picture, policy: Policy): Result[] {
  return steered(picture, policy)
    .filter((device) => !isReleased(device, policy))
    .flatMap((device) => {
      const { moved } = device;
      return moved && isTelling(moved) ? [resultOf(device, fitOf(device, moved, picture))] : [];
    });
}

function isTelling({ from, to, shown }: Moved): boolean {
  return shown && from.kind !== to.kind;
}

function resultOf({ facts }: DeviceView, { findings, ...rest }: Fit): Result {
  return { device: facts.id, tried: true, fits: findings.length === 0, findings, ...rest };
}
