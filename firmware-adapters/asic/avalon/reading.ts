/**
 * What an Avalon's replies say about it, in the agent's units. Pure: tested on literal replies. The status of its
 * modules is a line of `KEY[value]` pairs inside the JSON: `"MM ID0":"Ver[..] PS[0 1214 ..] SoftOFF[0] .."`.
 */
import * as z from 'zod';
import type { Celsius, Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, gigaToTera, highest } from '../miner-reading.ts';

/** How many repairs the replies needed is known where they were parsed. */
/** One module's `KEY[value]` pairs. */
export type Module = ReadonlyMap<string, string>;

/** From the reply to `estats`, `stats` or `litestats`; throws `malformed` when no module reports in it. */
export function readingOf(command: string, reply: unknown): Reading {
  const { STATS } = checked(statsReply, command, reply);
  const modules = STATS.flatMap(modulesIn);
  if (modules.length === 0) throw new AdapterError('malformed', `the reply to ${command} has no status of a module`);
  const powerW = sum(modules.map(powerOf));
  const boardC = present(modules.map(boardOf));
  const fanRpm = modules.flatMap((module) => present(fans.map((name) => numberOf(module, name))));
  const chipC = present(modules.map((module) => celsius(numberOf(module, 'TMax'))));
  const sleeping = present(modules.map(isAsleep));
  return withoutUndefined<Reading>({
    asleep: sleeping.length > 0 ? sleeping.every(Boolean) : undefined,
    powerW,
    powerFrom: powerW === undefined ? undefined : 'psu',
    hashrateThs: gigaToTera(sum(modules.map((module) => numberOf(module, 'GHSspd') ?? numberOf(module, 'GHSavg')))),
    // What the chips do at their present frequency by theory: the nearest thing to a promise that it gives.
    ratedHashrateThs: gigaToTera(sum(modules.map((module) => numberOf(module, 'GHSmm')))) || undefined,
    chipMaxC: highest(chipC),
    boardC: filled(boardC),
    inletC: present(modules.map((module) => celsius(numberOf(module, 'ITemp') ?? numberOf(module, 'Temp'))))[0],
    fanRpm: filled(fanRpm),
    uptimeS:
      present(STATS.map(({ Elapsed }) => Elapsed))[0] ?? present(modules.map((each) => numberOf(each, 'Elapsed')))[0],
    faults: modules.flatMap(faultsOf),
  });
}

/** Whether a module can be told to blink: those with a display instead of a lamp do not report one. */
export function hasLamp(command: string, reply: unknown): boolean {
  return checked(statsReply, command, reply)
    .STATS.flatMap(modulesIn)
    .some((module) => module.has('Led'));
}

/** From the reply to `version`. Throws `unsupported` for what speaks the same protocol and is no Avalon. */
export function identityOf(reply: unknown): Identity {
  const version = checked(versionReply, 'version', reply).VERSION[0];
  if (!version?.PROD?.startsWith('Avalon')) {
    throw new AdapterError('unsupported', 'the miner does not say that it is an Avalon');
  }
  return withoutUndefined<Identity>({
    make: 'Canaan',
    model: version.PROD,
    firmware: version.VERSION ?? version.LVERSION,
    mac: macIn(version.MAC),
    serial: version.DNA,
  });
}

/** `When` of a reply: the miner's own clock, seconds since its epoch; undefined when it does not say. */
export function clockOf(reply: unknown): number | undefined {
  return clockReply.safeParse(reply).data?.STATUS?.[0]?.When;
}

/** Each character is looked at a fixed number of times, whatever the text. */
export function parseModule(text: string): Module {
  const pairs = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    const open = text.indexOf('[', at);
    const close = open < 0 ? -1 : text.indexOf(']', open);
    if (close < 0) return pairs;
    pairs.set(text.slice(at, open).trim(), text.slice(open + 1, close));
    at = close + 1;
  }
}

const statsRow = z.looseObject({ Elapsed: quantity });
const statsReply = z.looseObject({ STATS: z.array(statsRow).default([]) });
const versionRow = z.looseObject({ PROD: words, MAC: words, DNA: words, VERSION: words, LVERSION: words });
const versionReply = z.looseObject({ VERSION: z.array(versionRow).default([]) });
const clockReply = z.looseObject({ STATUS: z.array(z.looseObject({ When: z.number().optional() })).optional() });

/** More than any model has. */
const fans = Array.from({ length: 8 }, (_, index) => `Fan${index + 1}`);

/** One row holds all modules of a miner, as `MM ID0`, `MM ID1` or `MM ID0:Summary`; the other rows are pools. */
function modulesIn(row: z.infer<typeof statsRow>): Module[] {
  return Object.entries(row)
    .filter(([key]) => /^MM ID\d+(?::Summary)?$/.test(key))
    .flatMap(([, text]) => (typeof text === 'string' ? [parseModule(text)] : []))
    .filter(({ size }) => size > 0);
}

/** SoftOFF tells by a code why it was told to rest; "In Work" that the boards have not followed yet. */
function isAsleep(module: Module): boolean | undefined {
  const told = numberOf(module, 'SoftOFF');
  if (told === undefined) return undefined;
  return told !== 0 && !/\bIn Work\b/.test(module.get('SYSTEMSTATU') ?? '');
}

/**
 * At the wall: `WALLPOWER`, or the last of the seven numbers of `PS`, which is the same where a miner gives both. (The
 * fifth, which others take, is what the power supply gives out: some 5 % less.)
 */
function powerOf(module: Module): Watts | undefined {
  const supply = numbersOf(module, 'PS');
  return numberOf(module, 'WALLPOWER') ?? (supply.length === 7 ? supply[6] : undefined);
}

/** The hotter end of a board. */
function boardOf(module: Module): Celsius | undefined {
  return highest(['HBITemp', 'HBOTemp'].map((name) => celsius(numberOf(module, name))));
}

/** 0 and -273 are what it prints where no sensor answers. */
function celsius(degrees: number | undefined): Celsius | undefined {
  return degrees === undefined || degrees === 0 || degrees <= -273 ? undefined : degrees;
}

/** Codes that are 0 while all is well: power supply, hash boards, control board, fans. */
function faultsOf(module: Module): string[] {
  const supply = numbersOf(module, 'PS')[0];
  const codes: [name: string, code: number | undefined][] = [
    ['PS', supply],
    ...numbersOf(module, 'ECHU').map((code, board): [string, number] => [`ECHU board ${board}`, code]),
    ['ECMM', numberOf(module, 'ECMM')],
    ['POWS', numberOf(module, 'POWS')],
    ['FanErr', numberOf(module, 'FanErr')],
  ];
  return codes.flatMap(([name, code]) => (code ? [`${name}: ${code}`] : []));
}

function numbersOf(module: Module, name: string): number[] {
  const text = module.get(name)?.trim() ?? '';
  const numbers = text === '' ? [] : text.split(/\s+/).map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}

function numberOf(module: Module, name: string): number | undefined {
  const numbers = numbersOf(module, name);
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** Undefined unless every module says its part: the sum of some would pass for that of all. */
function sum(parts: (number | undefined)[]): number | undefined {
  const given = present(parts);
  return given.length === parts.length ? given.reduce((total, part) => total + part, 0) : undefined;
}
