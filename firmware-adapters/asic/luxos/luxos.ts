/**
 * Luxor LuxOS, its cgminer API on TCP 4028.
 *
 * Models: Antminers. Firmware: replies of 2025.4 and 2025.9 were recorded; requests are of the maker's pages of 2023 to
 * 2026. Everything but `version` and `config` may be missing. There is no password: whoever reaches the port commands
 * the miner, so the miners' network must be closed.
 *
 * The technician must keep LuxOS from fighting back: no curtailment by Luxor Commander or a pool at the same time, and
 * `autosave` on. Orders that cut partly (`limit`) set profiles; where Advanced Thermal Management is on, its highest
 * profile is set along with them, and stays set: one above the default is given up.
 *
 * The session. A miner has one for all its clients, and who holds it keeps the others, a person's browser tab among
 * them, from changing anything. So it is not taken ahead: the first control opens it, at the cost of one round trip,
 * the controls that follow find it open, and it is given back when none has come for 45 s, or on stop. That is within
 * the minute after which an idle session dies, so nothing needs to keep it alive.
 *
 * Numbers are the maker's where so said. None has a meter trace behind it: they are priors until the agent has learned
 * its own.
 */
import type { Millis } from '#protocol/units.ts';
import type {
  Ack,
  Adapter,
  AdapterContext,
  Controls,
  Device,
  DeviceReading,
  Identity,
  Recognised,
} from '../../contract.ts';
import { Preempted } from '../../errors.ts';
import { acceptClosing, DeviceLine } from '../../transport/device-line.ts';
import type { Urgency } from '../../transport/wire-queue.ts';
import { gentle } from '../miner-device.ts';
import type { AddressOptions } from '../options.ts';
import { addressOptions } from '../options.ts';
import { LuxosLimit } from './limit.ts';
import { identityOf, isCurtailed, readingCommands, readingOf } from './reading.ts';
import { isRefusal, LuxosSession } from './session.ts';

const PORT = 4028;

const options = addressOptions(PORT);

export const luxos: Adapter<AddressOptions> = {
  name: 'luxos',
  kind: 'miner',
  options,
  open: (given, context) => new Luxos(given, context),
  recognition: { ports: [PORT], ask: (host, context, signal) => recognise({ host, port: PORT }, context, signal) },
};

/** How old the identity and the profiles may be: profiles change only when a person edits them. */
const RENEW_MS = 10 * 60_000;
const HOLD_MS = 45_000;
/** For leaving a miner that may be dead. */
const PARTING_MS = 1_000;

/** "Under 5 s", about 25 W left (Luxor on curtailment). */
const SLEEP_SETTLE_MS = 5_000;
const RESIDUAL_W = 25;
/**
 * Luxor's "back in under 10 s" takes `mode=unsafe`, which sets frequency and voltage in one step and wears the boards.
 * Without it waking ramps as a reboot does, whose start-up may take 5 minutes (page on events).
 */
const WAKE_SETTLE_MS = 300_000;
/** Assumed: nobody has published how long a change of profile ramps. */
const LIMIT_SETTLE_MS = 60_000;
/** Two minutes assumed for the boot of the control board, then as after a wake. */
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;

/** Sleep outlives a reboot (page on `curtail`), so each change of it is written to flash. */
const kept = { ...gentle, persistent: true };

class Luxos implements Device {
  readonly #clock: AdapterContext['clock'];
  readonly #log: AdapterContext['log'];
  readonly #session: LuxosSession;
  readonly #limit: LuxosLimit;
  readonly #line: DeviceLine;
  /** Ends the wait after which the session is given back. */
  readonly #leaving = new AbortController();
  /** Until when it is held for what may follow, monotonic; one wait serves however many controls come. */
  #heldUntil: Millis = 0;
  #isWaiting = false;

  constructor(given: AddressOptions, context: AdapterContext) {
    const { clock, log } = context;
    this.#clock = clock;
    this.#log = log;
    this.#session = new LuxosSession(given, context);
    this.#limit = new LuxosLimit(this.#session);
    this.#line = new DeviceLine({
      clock,
      log,
      renewMs: RENEW_MS,
      identify: async (signal) => identityOf((await this.#session.ask(['version', 'config'], signal)).bodies),
      prepare: async (signal) => {
        await this.#limit.learn(signal);
        await this.#limit.restoreAtm(signal);
      },
    });
  }

  start(): void {
    this.#line.start();
  }

  async stop(): Promise<void> {
    await this.#line.stop();
    this.#leaving.abort();
    const parting = this.#clock.timeout(PARTING_MS);
    await this.#limit
      .restoreAtm(parting)
      .then(() => this.#session.giveBack(parting))
      // The session would die by itself within the minute.
      .catch((error: unknown) => this.#log.debug({ error }, 'left without a word'));
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.#line.identify(signal);
  }

  read(signal?: AbortSignal): Promise<DeviceReading> {
    return this.#line.run('read', (abort) => this.#read(abort), signal);
  }

  /** The limit comes with the profiles: read it anew, it is absent until the miner has named them. */
  get controls(): Controls {
    const range = this.#limit.range;
    return {
      sleep: {
        capability: { ...kept, settle_ms: SLEEP_SETTLE_MS },
        residualW: RESIDUAL_W,
        run: (signal) => this.#curtail('sleep', SLEEP_SETTLE_MS, signal),
      },
      wake: {
        capability: { ...kept, settle_ms: WAKE_SETTLE_MS },
        run: (signal) => this.#curtail('wakeup', WAKE_SETTLE_MS, signal),
      },
      ...(range && {
        limit: {
          capability: { ...kept, settle_ms: LIMIT_SETTLE_MS, min_interval_s: LIMIT_SETTLE_MS / 1000, range },
          run: (value: number, lowers: boolean, signal?: AbortSignal) => this.#setLimit(value, lowers, signal),
        },
      }),
      reboot: {
        capability: { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true },
        run: (signal) => acceptClosing(this.#raise('rebootdevice', [], REBOOT_SETTLE_MS, signal), REBOOT_SETTLE_MS),
      },
      locate: {
        capability: { ...gentle, settle_ms: 0 },
        run: (signal) => this.#raise('ledset', ['red', 'blink'], 0, signal),
        stop: (signal) => this.#raise('ledset', ['red', 'auto'], 0, signal),
      },
    };
  }

  async #read(signal: AbortSignal): Promise<DeviceReading> {
    const { bodies, repairs } = await this.#session.ask(readingCommands, signal);
    const limit = this.#limit.inForce(bodies);
    return { ...readingOf(bodies, this.#limit.profiles), ...(limit !== undefined && { limit }), repairs };
  }

  async #curtail(action: 'sleep' | 'wakeup', settleMs: Millis, signal?: AbortSignal): Promise<Ack> {
    const urgency = action === 'sleep' ? 'lower' : 'raise';
    const work = async (abort: AbortSignal) => {
      try {
        return await this.#session.command('curtail', [action], abort);
      } catch (error) {
        // Whether a miner that sleeps refuses to be put to sleep is written nowhere. To be there already is enough.
        if (!isRefusal(error) || (await this.#isCurtailed(abort)) !== (action === 'sleep')) throw error;
        return error.message;
      }
    };
    return { said: await this.#control(urgency, work, signal), settleMs };
  }

  async #raise(name: string, parameters: string[], settleMs: Millis, signal?: AbortSignal): Promise<Ack> {
    const work = (abort: AbortSignal) => this.#session.command(name, parameters, abort);
    return { said: await this.#control('raise', work, signal), settleMs };
  }

  async #setLimit(watts: number, lowers: boolean, signal?: AbortSignal): Promise<Ack> {
    const work = (abort: AbortSignal) => this.#limit.set(watts, lowers, abort);
    return { said: await this.#control(lowers ? 'lower' : 'raise', work, signal), settleMs: LIMIT_SETTLE_MS };
  }

  async #control<T>(urgency: Urgency, work: (abort: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const done = await this.#line.run(urgency, work, signal);
      this.#hold();
      return done;
    } finally {
      if (this.#limit.owesAtm) this.#restoreAtm();
    }
  }

  /** A job of its own: a limit that a cut has pushed aside must leave ATM on too, but must not keep the cut waiting. */
  #restoreAtm(): void {
    this.#line
      .run('raise', (abort) => this.#limit.restoreAtm(abort))
      .then(() => this.#hold())
      .catch((error: unknown) => {
        // The control that pushed this aside starts it anew when it is done.
        if (error instanceof Preempted) return;
        this.#log.warn({ error }, 'thermal management is still off: it is tried again after the next control');
      });
  }

  async #isCurtailed(signal: AbortSignal): Promise<boolean | undefined> {
    return isCurtailed((await this.#session.ask(['config'], signal)).bodies['config']);
  }

  /** Holds the session for what may follow, and gives it back when nothing does. */
  #hold(): void {
    this.#heldUntil = this.#clock.monotonic() + HOLD_MS;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#giveBackWhenIdle(this.#leaving.signal)
      // Either something else needs the line, and holds the session anew, or the miner is gone, and the session with it.
      .catch(() => undefined);
  }

  async #giveBackWhenIdle(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const leftMs = this.#heldUntil - this.#clock.monotonic();
        if (leftMs <= 0) break;
        await this.#clock.sleep(leftMs, signal);
      }
    } finally {
      this.#isWaiting = false;
    }
    await this.#line.run('read', (abort) => this.#session.giveBack(abort), signal);
  }
}

/** The default profile is what the nameplate says. */
async function recognise(at: AddressOptions, context: AdapterContext, signal: AbortSignal): Promise<Recognised> {
  const session = new LuxosSession(at, context);
  const identity = identityOf((await session.ask(['version', 'config'], signal)).bodies);
  const limit = new LuxosLimit(session);
  await limit.learn(signal);
  const ratedW = limit.range?.max;
  return { identity, ...(ratedW !== undefined && { ratedW }) };
}
