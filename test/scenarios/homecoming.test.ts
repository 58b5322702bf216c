import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextCall } from '#agent/actuate/next-call.ts';
import { decide } from '#agent/decide/decide.ts';
import type { Memory } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import { RackJournal } from '#agent/journal.ts';
import type { DeviceFacts, Observation, Setting, Trouble } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { asleep, awake, settingText } from '#agent/state/setting.ts';
import type { Target } from '#protocol/order.ts';
import type { Seconds } from '#protocol/units.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import {
  accepted,
  after,
  inventory,
  metered,
  miner,
  policyOf,
  RACK,
  rackOf,
  seen,
  viewOf,
} from '#test/support/pictures.ts';

const WINDOW_S = 20;
const LONGEST_S = 60;
/** The agent waits so long for an answer. */
const PATIENCE_S = 5;
const policy = policyOf({ limits: { restore_window_s: WINDOW_S } });
const meters = Object.values(rackOf([]).meters).map((meter) => meter.facts);
const facts = ['m01', 'm02', 'm03'].map((id) => miner(id));

type Step =
  | { readonly kind: 'order'; readonly target: Target; readonly program: string; readonly forS: Seconds }
  | { readonly kind: 'pass'; readonly s: Seconds }
  | { readonly kind: 'restart' }
  /** Its answers take this long; or, while it does as told, they come too late to be heard, or its connection breaks. */
  | { readonly kind: 'tardy'; readonly miner: number; readonly s: Seconds; readonly answer: Answer }
  | { readonly kind: 'lose' | 'find'; readonly miner: number };

type Answer = 'heard' | 'late' | 'broken';
type Pending = {
  readonly device: string;
  readonly setting: Setting;
  readonly askedS: Seconds;
  readonly dueS: Seconds;
  readonly answer: Answer;
  /** When the agent waits no longer, and is told so. */
  readonly givenUpS?: Seconds;
};

/** A rack of miners that do what they are asked, sooner or later, seen only through what the agent observes of it. */
class Rack {
  readonly home: readonly Setting[];
  readonly settings: Setting[];
  readonly lost = new Set<string>();
  readonly tardy = new Map<string, { s: Seconds; answer: Answer }>();
  picture: Picture;
  memory: Memory = emptyMemory;
  nowS: Seconds = 0;
  #orders = 0;
  #pending: readonly Pending[] = [];

  constructor(home: readonly Setting[]) {
    this.home = home;
    this.settings = [...home];
    this.picture = rackOf(facts, Object.fromEntries(facts.map(({ id }, i) => [id, says(home[i])])));
    this.pass(3);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'order':
        this.#order(step.target, step.program, step.forS);
        this.#turn();
        break;
      case 'pass':
        this.pass(step.s);
        break;
      case 'restart':
        await this.#restart();
        break;
      case 'tardy':
        this.tardy.set(this.#id(step.miner), step);
        break;
      case 'lose':
        this.lost.add(this.#id(step.miner));
        break;
      case 'find':
        this.lost.delete(this.#id(step.miner));
    }
  }

  pass(s: Seconds): void {
    for (let i = 0; i < s; i++) {
      this.nowS++;
      this.#answer();
      this.#giveUp();
      this.#observe(metered(1000), ...facts.map((each, index) => this.#word(each, index)));
      this.#turn();
    }
  }

  #turn(): void {
    const now = after(this.nowS);
    const { plan, memory } = decide(this.picture, policy, this.memory, now, RACK);
    this.memory = memory;
    for (const planned of plan.devices) {
      const call = nextCall(viewOf(this.picture, planned.device), planned, now);
      if (!call) continue;
      const { device } = planned;
      const { s, answer } = this.tardy.get(device) ?? { s: 0, answer: 'heard' };
      this.#observe({ kind: 'asked', asks: [{ device, setting: call.setting }] });
      // The newest setting wins on a device's wire; what has been given up is done all the same, and before it.
      this.#pending = this.#pending.filter((other) => other.device !== device || other.givenUpS !== undefined);
      const busyS = this.#pending.filter((other) => other.device === device).map(({ dueS }) => dueS);
      const dueS = Math.max(this.nowS + s, ...busyS);
      this.#pending = [...this.#pending, { device, setting: call.setting, askedS: this.nowS, dueS, answer }];
    }
    this.#answer();
  }

  #answer(): void {
    const due = this.#pending.filter(({ dueS }) => dueS <= this.nowS);
    this.#pending = this.#pending.filter(({ dueS }) => dueS > this.nowS);
    for (const { device, setting, answer, givenUpS } of due) {
      if (this.lost.has(device)) {
        if (givenUpS === undefined)
          this.#observe({ kind: 'notDone', device, trouble: { kind: 'unreachable', message: 'no route' } });
        continue;
      }
      this.settings[facts.findIndex(({ id }) => id === device)] = setting;
      if (givenUpS !== undefined) continue;
      if (answer === 'heard') this.#observe({ kind: 'acknowledged', device, said: 'ok', settleMs: 0 });
      else this.#observe({ kind: 'notDone', device, trouble: unheard[answer] });
    }
  }

  /** What has not been answered in time is done later. */
  #giveUp(): void {
    this.#pending = this.#pending.map((each) => {
      if (each.answer !== 'late' || each.givenUpS !== undefined || this.nowS < each.askedS + PATIENCE_S) return each;
      this.#observe({ kind: 'notDone', device: each.device, trouble: unheard.late });
      return { ...each, givenUpS: this.nowS };
    });
  }

  #order(target: Target, program: string, forS: Seconds): void {
    const n = ++this.#orders;
    const times = { from: this.nowS, until: this.nowS + forS };
    const order = accepted(target, { id: `o-${n}`, seq: n, event: `e-${program}`, program, ...times });
    this.#observe({ kind: 'order', accepted: order });
  }

  /** All that is left is what is on disk and what the devices then say. */
  async #restart(): Promise<void> {
    const journal = new RackJournal(new MemoryStore().rack(RACK).journal, (error) => assert.fail(error));
    journal.memory(this.memory, after(this.nowS).wall);
    journal.orders({}, this.picture.orders);
    const { memory, orders } = await journal.recover(after(this.nowS).wall);
    this.memory = memory;
    this.#pending = [];
    this.picture = emptyPicture;
    this.#observe(inventory({ devices: facts, meters }));
    for (const each of orders) this.#observe({ kind: 'order', accepted: each });
    this.#observe({ kind: 'ordersKnown' });
  }

  #observe(...observations: Observation[]): void {
    this.picture = seen(this.picture, after(this.nowS), ...observations);
  }

  #word({ id: device }: DeviceFacts, index: number): Observation {
    if (this.lost.has(device)) {
      return { kind: 'deviceTrouble', device, trouble: { kind: 'unreachable', message: 'no route' } };
    }
    return { kind: 'device', device, reading: { powerW: 1000, faults: [], ...says(this.settings[index]) } };
  }

  #id(index: number): string {
    return facts[index]?.id ?? '';
  }
}

const unheard: Readonly<Record<Exclude<Answer, 'heard'>, Trouble>> = {
  late: { kind: 'timedOut', message: 'no reply' },
  broken: { kind: 'unreachable', message: 'closed the connection' },
};

function says(setting: Setting = awake): { asleep: boolean; limit: number } {
  return setting.kind === 'asleep' ? { asleep: true, limit: 100 } : { asleep: false, limit: setting.limit ?? 100 };
}

const homes = fc.array(fc.constantFrom<Setting>(awake, asleep, { kind: 'awake', limit: 60 }), {
  minLength: facts.length,
  maxLength: facts.length,
});
const index = fc.nat({ max: facts.length - 1 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('order' as const),
      target: fc.record({ kind: fc.constantFrom('ceiling' as const, 'shed' as const, 'setpoint' as const), fraction }),
      program: fc.constantFrom('ecrs', '4cp'),
      forS: fc.integer({ min: 1, max: LONGEST_S }),
    }),
    fc.record({ kind: fc.constant('pass' as const), s: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('restart' as const) }),
    fc.record({ kind: fc.constantFrom('lose' as const, 'find' as const), miner: index }),
    fc.record({
      kind: fc.constant('tardy' as const),
      miner: index,
      s: fc.integer({ min: 0, max: 25 }),
      answer: fc.constantFrom<Answer>('heard', 'late', 'broken'),
    }),
  ),
  { maxLength: 25 },
);

/** It restarts as it is told to sleep, and is away until the order is over. */
const rebootsInMidCommand: Step[] = [
  { kind: 'tardy', miner: 0, s: 0, answer: 'broken' },
  { kind: 'order', target: { kind: 'ceiling', fraction: 0 }, program: 'ecrs', forS: 1 },
  { kind: 'lose', miner: 0 },
  { kind: 'pass', s: 40 },
];

/** It goes to sleep seconds after the agent has stopped waiting, and by then the order is over. */
const sleepsLate: Step[] = [
  { kind: 'tardy', miner: 1, s: 14, answer: 'late' },
  { kind: 'order', target: { kind: 'ceiling', fraction: 0 }, program: 'ecrs', forS: 1 },
  { kind: 'restart' },
  { kind: 'pass', s: 40 },
];

/** It had acknowledged the cut, could then not be reached, and its last word was from before. */
const lostBeforeItWasSeenAsleep: Step[] = [
  { kind: 'order', target: { kind: 'ceiling', fraction: 0 }, program: 'ecrs', forS: 1 },
  { kind: 'lose', miner: 0 },
  { kind: 'pass', s: 18 },
];

test('whatever orders come, and however late or lost miners are, and however often the agent dies, every miner ends at its home', async () => {
  await fc.assert(
    fc.asyncProperty(homes, steps, async (home, story) => {
      const rack = new Rack(home);
      for (const step of story) await rack.take(step);
      rack.lost.clear();
      rack.tardy.clear();
      rack.pass(LONGEST_S + 3 * WINDOW_S + 60);
      assert.deepEqual(
        rack.settings.map((setting) => settingText(setting)),
        home.map((setting) => settingText(setting)),
      );
      assert.deepEqual(rack.memory.moved, []);
      assert.equal(rack.memory.line, undefined);
      assert.ok(rack.memory.tracks.every(({ done }) => done));
    }),
    {
      numRuns: 200,
      examples: [
        [[awake, awake, awake], lostBeforeItWasSeenAsleep],
        [[awake, awake, awake], rebootsInMidCommand],
        [[awake, { kind: 'awake', limit: 60 }, awake], sleepsLate],
      ],
    },
  );
});
