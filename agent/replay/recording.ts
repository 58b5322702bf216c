/**
 * A recording: one JSON object a line, in the order in which it happened. Every part of it begins with all that the loop
 * knew at that moment, so that each part can be replayed by itself. Wall and monotonic time of each line are `at`.
 */
import * as z from 'zod';
import type { Policy } from '#agent/config/policy.ts';
import type { Memory, Plan } from '#agent/decide/plan.ts';
import type { Recalled } from '#agent/decide/recall.ts';
import { devicesFrom } from '#agent/state/devices.ts';
import type { Now, Observation, Setting } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { parseJson } from '#protocol/json.ts';
import type { Watts } from '#protocol/units.ts';

/** Raised when a line of today could be read wrongly by yesterday's code. */
export const RECORDING_VERSION = 1;

/** What of a plan is kept, and compared when it is decided anew. */
export type Essence = {
  readonly levelW: Watts | null;
  readonly lineW: Watts | null;
  readonly shortByW: Watts;
  readonly why: string;
  readonly wants: Readonly<Record<string, Setting>>;
  /** `<order> <phase>`, as they were reached. */
  readonly steps: readonly string[];
};

/** A picture as JSON can hold it. */
export type RecordedPicture = Omit<Picture, 'devices'> & { readonly devices: Readonly<Record<string, DeviceView>> };

export type Line =
  | {
      readonly kind: 'part';
      readonly v: typeof RECORDING_VERSION;
      readonly at: Now;
      readonly rack: string;
      /** Of the agent that recorded it. */
      readonly version: string;
      readonly picture: RecordedPicture;
      readonly memory: Memory;
      readonly policy: Policy;
    }
  | { readonly kind: 'seen'; readonly at: Now; readonly observation: Observation }
  | { readonly kind: 'recalled'; readonly at: Now; readonly past: Recalled }
  | { readonly kind: 'policy'; readonly at: Now; readonly policy: Policy }
  /** One decision; without a plan where it decided the same as before, and no order took a step. */
  | { readonly kind: 'turn'; readonly at: Now; readonly plan?: Essence };

export function recordedPicture(picture: Picture): RecordedPicture {
  return { ...picture, devices: Object.fromEntries(devicesOf(picture).map((device) => [device.facts.id, device])) };
}

export function pictureOf(recorded: RecordedPicture): Picture {
  return { ...recorded, devices: devicesFrom(Object.values(recorded.devices)) };
}

export function essenceOf({ levelW, lineW, shortByW, why, devices, steps }: Plan): Essence {
  return {
    levelW: rounded(levelW),
    lineW: rounded(lineW),
    shortByW: Math.round(shortByW),
    why,
    wants: Object.fromEntries(devices.map(({ device, want }) => [device, want])),
    steps: steps.map(({ order, phase }) => `${order} ${phase}`),
  };
}

function rounded(watts: Watts | undefined): Watts | null {
  return watts === undefined ? null : Math.round(watts);
}

/** A line as told by a recording of this version, or why it cannot be read. */
export type Read = { readonly kind: 'ok'; readonly line: Line } | { readonly kind: 'bad'; readonly why: string };

const at = z.object({ wall: z.number(), mono: z.number() });
/** Picture, memory, policy and what was seen are JSON of our own, read back by the version that wrote it or a later one. */
const own = z.record(z.string(), z.unknown());
const essence = z.object({
  levelW: z.number().nullable(),
  lineW: z.number().nullable(),
  shortByW: z.number(),
  why: z.string(),
  wants: z.record(z.string(), z.looseObject({ kind: z.enum(['asleep', 'awake']) })),
  steps: z.array(z.string()),
});
const line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('part'),
    v: z.literal(RECORDING_VERSION),
    at,
    rack: z.string(),
    version: z.string(),
    picture: own,
    memory: own,
    policy: own,
  }),
  z.object({ kind: z.literal('seen'), at, observation: z.looseObject({ kind: z.string() }) }),
  z.object({ kind: z.literal('recalled'), at, past: own }),
  z.object({ kind: z.literal('policy'), at, policy: own }),
  z.object({ kind: z.literal('turn'), at, plan: essence.exactOptional() }),
]);

export function readLine(text: string): Read {
  const json = parseJson(text);
  const version = (json as { v?: unknown } | undefined)?.v;
  if (version !== undefined && version !== RECORDING_VERSION) {
    return { kind: 'bad', why: `this version reads recordings of version ${RECORDING_VERSION}, not ${version}` };
  }
  const parsed = line.safeParse(json);
  return parsed.success
    ? { kind: 'ok', line: parsed.data as unknown as Line }
    : { kind: 'bad', why: 'this is no line of a recording' };
}
