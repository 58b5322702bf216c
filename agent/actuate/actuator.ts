/** Turns a plan into calls, every device at once: there is no cap on the way down, and nobody waits for anybody. */
import type { Ack, Controls } from '#adapters/contract.ts';
import type { Plan } from '#agent/decide/plan.ts';
import type { Logger } from '#agent/platform/log.ts';
import type { Now, Observation } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Call } from './next-call.ts';
import { awaitsWord, nextCall } from './next-call.ts';

export type ActuatorParts = {
  controls(device: string): Controls | undefined;
  observe(observation: Observation): void;
  /** Reads the device soon, to see whether it has done as told. */
  poke(device: string): void;
  readonly log: Logger;
};

type InFlight = { readonly call: Call; readonly abort: AbortController };
type Begun = InFlight & { readonly device: string; readonly answer: Promise<Ack> };

export class Actuator {
  readonly #parts: ActuatorParts;
  readonly #inFlight = new Map<string, InFlight>();

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
  }

  /** Begins every call at once; what becomes of them arrives as observations. @returns how many it began. */
  apply(plan: Pick<Plan, 'devices'>, picture: Picture, now: Now): number {
    const begun: Begun[] = [];
    for (const planned of plan.devices) {
      const device = deviceOf(picture, planned.device);
      if (!device) continue;
      if (planned.hands === 'off') this.#callBack(planned.device);
      const call = nextCall(device, planned, now);
      if (call) begun.push(...this.#begin(planned.device, call));
      else if (awaitsWord(device, planned)) this.#parts.poke(planned.device);
    }
    // Known once all are on their way: no device waits for what is written down about another.
    const asks = begun.map(({ device, call }) => ({ device, setting: call.setting }));
    if (asks.length > 0) this.#parts.observe({ kind: 'asked', asks });
    for (const each of begun) {
      this.#follow(each).catch((error: unknown) =>
        this.#parts.log.error({ error, device: each.device }, 'following a call failed'),
      );
    }
    return begun.length;
  }

  /** Lets go of calls in flight. Outputs stay as they are: the next start reconciles. */
  stop(): void {
    for (const { abort } of this.#inFlight.values()) abort.abort(new Error('the agent stops'));
    this.#inFlight.clear();
  }

  /** A device that is to be left alone may have hands inside: what would raise its power is not waited for. */
  #callBack(id: string): void {
    const flying = this.#inFlight.get(id);
    if (flying && raises(flying.call)) flying.abort.abort(new DOMException('it is to be left alone', 'AbortError'));
  }

  /** @returns nothing for a device that is not there any more. */
  #begin(device: string, call: Call): Begun[] {
    const controls = this.#parts.controls(device);
    if (!controls) return [];
    // The newest setting wins: what an older one still waits for no longer matters.
    this.#inFlight.get(device)?.abort.abort(new Error('a newer setting'));
    const abort = new AbortController();
    this.#inFlight.set(device, { call, abort });
    return [{ device, call, abort, answer: run(controls, call, abort.signal) }];
  }

  async #follow({ device: id, call, answer, abort }: Begun): Promise<void> {
    const outcome = await answer.then(
      (ack) => ({ ack }),
      (error: unknown) => ({ error }),
    );
    if (this.#inFlight.get(id)?.abort !== abort) return;
    this.#inFlight.delete(id);
    if ('ack' in outcome) {
      const { said, settleMs } = outcome.ack;
      this.#parts.observe({ kind: 'acknowledged', device: id, said, settleMs });
      this.#parts.poke(id);
      return;
    }
    const message = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
    const trouble = troubleOf(outcome.error) ?? { kind: 'refused', message };
    this.#parts.log.warn({ device: id, call: call.kind, trouble }, 'a control was not done');
    this.#parts.observe({ kind: 'notDone', device: id, trouble });
    // One that was out of reach is asked again once it has said who it is.
    this.#parts.poke(id);
  }
}

function raises(call: Call): boolean {
  return call.kind === 'wake' || (call.kind === 'limit' && !call.lowers);
}

function run(controls: Controls, call: Call, signal: AbortSignal): Promise<Ack> {
  switch (call.kind) {
    case 'sleep':
      return controls.sleep?.run(signal, call.notice) ?? lacking(call);
    case 'unpower':
      return controls.outlet?.run(signal) ?? lacking(call);
    case 'power':
      return controls.outlet?.close(signal) ?? lacking(call);
    case 'wake':
      return controls.wake?.run(signal) ?? lacking(call);
    case 'limit':
      return controls.limit?.run(call.value, call.lowers, signal) ?? lacking(call);
  }
}

function lacking({ kind }: Call): Promise<Ack> {
  return Promise.reject(new Error(`the device has no control to ${kind}`));
}
