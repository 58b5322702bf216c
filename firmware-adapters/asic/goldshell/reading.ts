/** What a Goldshell's replies say about it, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, highest } from '../miner-reading.ts';

/** The whole of `/mcb/setting`, as the miner wants it back; only what concerns the power plans is looked into. */
export type Setting = z.infer<typeof settingReply>;

/** Kinds of power plans, as the makers' page sets them. */
export const planLevel = { normal: 0, sleep: 3 } as const;

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(setting: Setting, devs: unknown): Reading {
  const { DEVS: boards } = checked(devsReply, 'devs', devs ?? {});
  const rates = present(boards.map((board) => board['MHS 20s'] ?? board['MHS av']));
  const chips = present(boards.flatMap((board) => [celsius(board['tstemp-0']), celsius(board['tstemp-1'])]));
  const boardC = present(boards.map((board) => celsius(board['tstemp-2'])));
  const fanRpm = present([boards[0]?.fan0, boards[0]?.fan1]);
  const powerW = boardPowerW(boards[0]);
  return withoutUndefined<Reading>({
    asleep: isAsleep(setting),
    powerW,
    powerFrom: powerW === undefined ? undefined : 'estimate',
    hashrateThs: rates.length > 0 ? rates.reduce((sum, rate) => sum + rate, 0) / 1e6 : undefined,
    chipMaxC: highest(chips),
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: boards[0]?.['Device Elapsed'],
    faults: boards.flatMap(({ overheat }, index) => (overheat ? [`board ${index} overheats: ${overheat}`] : [])),
  });
}

/** Throws `unsupported` for another web server. */
export function identityOf(status: unknown, setting?: Setting): Identity {
  const { model, firmware } = checked(statusReply, '/mcb/status', status);
  if (!model?.toLowerCase().startsWith('goldshell')) {
    throw new AdapterError('unsupported', 'the device does not say that it is a Goldshell');
  }
  // The setting's name is the MAC unless a person gave it another.
  const mac = macIn(setting?.name);
  return withoutUndefined<Identity>({ make: 'Goldshell', model, firmware, mac });
}

export function settingOf(reply: unknown): Setting {
  return checked(settingReply, '/mcb/setting', reply);
}

/** The setting with the first plan of that level selected; undefined when the miner has none. */
export function withPlanOf(level: number, setting: Setting): Setting | undefined {
  const select = setting.powerplans.findIndex((plan) => plan.level === level);
  return select < 0 ? undefined : { ...setting, select };
}

/** Whether the plan in force is that for rest. Undefined when the setting names a plan that it does not list. */
export function isAsleep({ select, powerplans }: Setting): boolean | undefined {
  const plan = powerplans[select];
  return plan?.level === undefined ? undefined : plan.level === planLevel.sleep;
}

const statusReply = z.looseObject({ model: words, firmware: words });

const settingReply = z.looseObject({
  name: words,
  /** Which of the plans is in force, from 0. */
  select: z.int().min(0),
  powerplans: z.array(z.looseObject({ level: quantity })),
});

const board = z.looseObject({
  /** MH/s over 20 s, and since the start. */
  'MHS 20s': quantity,
  'MHS av': quantity,
  /** Degrees Celsius: two at the chips, one on the board. */
  'tstemp-0': quantity,
  'tstemp-1': quantity,
  'tstemp-2': quantity,
  fan0: quantity,
  fan1: quantity,
  /** mV and mA of all boards together, repeated with each. */
  voltage: quantity,
  current: quantity,
  'Device Elapsed': quantity,
  overheat: quantity,
});

const devsReply = z.looseObject({ DEVS: z.array(board).default([]) });

/** What goes into the boards: without the losses of the power supply, and without fans. */
function boardPowerW(first: z.infer<typeof board> | undefined): Watts | undefined {
  const { voltage, current } = first ?? {};
  return voltage === undefined || current === undefined || voltage === 0 ? undefined : (voltage * current) / 1e6;
}

/** 0 is what a sensor shows that does not answer. */
function celsius(degrees: number | undefined): number | undefined {
  return degrees === undefined || degrees === 0 || degrees <= -273 ? undefined : degrees;
}
