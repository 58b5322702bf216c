/** Turns what the loop sees and decides into the lines of a recording. Costs nothing while it is off. */
import type { Policy } from '#agent/config/policy.ts';
import type { Memory, Plan } from '#agent/decide/plan.ts';
import type { Recalled } from '#agent/decide/recall.ts';
import type { Now, Observation } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Millis } from '#protocol/units.ts';
import type { Line } from './recording.ts';
import { essenceOf, RECORDING_VERSION, recordedPicture } from './recording.ts';

/** Where the lines go. Takes them at once and writes them later, beside acting. */
type RecordingSink = {
  /** What follows is a part of its own, begun at this wall time. */
  begin(at: Millis): void;
  write(line: string): void;
  /** Whether something since `begin` could not be kept: then what follows is of no use without a new beginning. */
  readonly broken: boolean;
};

export type RecorderParts = {
  readonly rack: string;
  readonly version: string;
  policy(): Policy;
  readonly sink: RecordingSink;
};

export type Decided = {
  readonly at: Now;
  readonly picture: Picture;
  readonly plan: Plan;
  readonly memory: Memory;
};

/** A part is this long: what a technician takes away to look at, and what is forgotten at once. */
const PART_MS: Millis = 3_600_000;

export class Recorder {
  readonly #parts: RecorderParts;
  #on = false;
  /** When the part began, monotonic; undefined until a turn has begun one. */
  #begunAt: Millis | undefined;
  #policy: Policy | undefined;
  #plan = '';

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  get on(): boolean {
    return this.#on;
  }

  /** Begins with the next turn, or ends now. */
  switch(on: boolean): void {
    if (on !== this.#on) this.#begunAt = undefined;
    this.#on = on;
  }

  seen(observation: Observation, at: Now): void {
    this.#write({ kind: 'seen', at, observation });
  }

  recalled(past: Recalled, at: Now): void {
    this.#write({ kind: 'recalled', at, past });
  }

  turned(decided: Decided): void {
    if (!this.#on) return;
    const { at, plan } = decided;
    this.#notePolicy(at);
    const essence = essenceOf(plan);
    const body = JSON.stringify(essence);
    const same = body === this.#plan && essence.steps.length === 0;
    this.#plan = body;
    this.#write({ kind: 'turn', at, ...(!same && { plan: essence }) });
    const old = this.#begunAt !== undefined && at.mono - this.#begunAt >= PART_MS;
    if (this.#begunAt === undefined || old || this.#parts.sink.broken) this.#begin(decided);
  }

  /** After a turn, so that the part begins with what its own first turn will go on from. */
  #begin({ at, picture, memory }: Decided): void {
    const { rack, version, policy, sink } = this.#parts;
    this.#begunAt = at.mono;
    this.#policy = policy();
    this.#plan = '';
    sink.begin(at.wall);
    const known = { picture: recordedPicture(picture), memory, policy: policy() };
    this.#write({ kind: 'part', v: RECORDING_VERSION, at, rack, version, ...known });
  }

  #notePolicy(at: Now): void {
    const policy = this.#parts.policy();
    if (policy === this.#policy) return;
    this.#policy = policy;
    this.#write({ kind: 'policy', at, policy });
  }

  #write(line: Line): void {
    if (this.#begunAt !== undefined) this.#parts.sink.write(JSON.stringify(line));
  }
}
