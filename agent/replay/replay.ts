/** Decides a recording anew, at its own moments, and tells where the plan is another than the one it holds. Pure. */
import type { Policy } from '#agent/config/policy.ts';
import { decide } from '#agent/decide/decide.ts';
import type { Memory } from '#agent/decide/plan.ts';
import { withRecalled } from '#agent/decide/recall.ts';
import { fold } from '#agent/state/fold.ts';
import type { Setting } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { sameSetting, settingText } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';
import type { Essence, Line } from './recording.ts';
import { essenceOf, pictureOf } from './recording.ts';

/** A span of turns that all differ in the same way. Wall times. */
export type Difference = { readonly from: Millis; until: Millis; turns: number; readonly what: readonly string[] };

export type Replayed = {
  readonly rack: string;
  /** Of the agent that recorded it. */
  readonly version: string;
  readonly from: Millis;
  readonly until: Millis;
  readonly turns: number;
  readonly observations: number;
  readonly differences: readonly Difference[];
};

type State = { rack: string; picture: Picture; memory: Memory; policy: Policy };

/**
 * @param lines of one part or of several; undefined when they do not begin with the beginning of one.
 * @param instead another policy than the recorded ones, to see what it would have done.
 */
export function replay(lines: Iterable<Line>, instead?: Policy): Replayed | undefined {
  let state: State | undefined;
  let recorded: Essence | undefined;
  let told: Replayed | undefined;
  const differences: Difference[] = [];
  for (const line of lines) {
    if (line.kind === 'part') {
      const { rack, version, at } = line;
      state = stateOf(line, instead);
      recorded = undefined;
      told ??= { rack, version, from: at.wall, until: at.wall, turns: 0, observations: 0, differences };
    }
    if (!state || !told) return undefined;
    told = { ...told, until: line.at.wall };
    switch (line.kind) {
      case 'part':
        break;
      case 'seen':
        state.picture = fold(state.picture, line.observation, line.at);
        told = { ...told, observations: told.observations + 1 };
        break;
      case 'recalled':
        state.memory = withRecalled(state.memory, line.past);
        break;
      case 'policy':
        state.policy = instead ?? line.policy;
        break;
      case 'turn': {
        const { plan, memory } = decide(state.picture, state.policy, state.memory, line.at, state.rack);
        state.memory = memory;
        recorded = line.plan ?? (recorded && { ...recorded, steps: [] });
        told = { ...told, turns: told.turns + 1 };
        if (recorded) note(differences, line.at.wall, differing(recorded, essenceOf(plan)));
        break;
      }
    }
  }
  return told;
}

/** A part that begins while another is read goes on from its own word: what was decided until then no longer matters. */
function stateOf({ rack, picture, memory, policy }: Line & { kind: 'part' }, instead: Policy | undefined): State {
  return { rack, picture: pictureOf(picture), memory, policy: instead ?? policy };
}

function note(differences: Difference[], wall: Millis, what: readonly string[]): void {
  if (what.length === 0) return;
  const last = differences.at(-1);
  if (last && last.what.join() === what.join()) {
    last.until = wall;
    last.turns += 1;
    return;
  }
  differences.push({ from: wall, until: wall, turns: 1, what });
}

/** In words, the recorded first: `m03: asleep, now awake`. */
function differing(recorded: Essence, anew: Essence): string[] {
  return [
    ...figure('level', recorded.levelW, anew.levelW),
    ...figure('line', recorded.lineW, anew.lineW),
    ...figure('short by', recorded.shortByW, anew.shortByW),
    ...(recorded.why === anew.why ? [] : [`because: ${recorded.why}, now ${anew.why}`]),
    ...wantsDiffering(recorded.wants, anew.wants),
    ...recorded.steps.filter((step) => !anew.steps.includes(step)).map((step) => `no longer: ${step}`),
    ...anew.steps.filter((step) => !recorded.steps.includes(step)).map((step) => `now: ${step}`),
  ];
}

function figure(what: string, was: number | null, is: number | null): string[] {
  const said = (watts: number | null) => (watts === null ? 'none' : `${watts} W`);
  return was === is ? [] : [`${what}: ${said(was)}, now ${said(is)}`];
}

function wantsDiffering(was: Essence['wants'], is: Essence['wants']): string[] {
  const said = (setting: Setting | undefined) => (setting ? settingText(setting) : 'not planned for');
  const devices = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return devices
    .filter((device) => {
      const [before, after] = [was[device], is[device]];
      return before && after ? !sameSetting(before, after) : before !== after;
    })
    .map((device) => `${device}: ${said(was[device])}, now ${said(is[device])}`);
}
