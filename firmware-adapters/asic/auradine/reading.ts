/** What FluxOS's replies say about an Auradine, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, highest, megaToTera } from '../miner-reading.ts';

/** `mode` must be there, the others may be missing. */
export type ReadingReplies = { mode: unknown; psu?: unknown; temperature?: unknown; fan?: unknown; summary?: unknown };

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: ReadingReplies): Reading {
  const mode = checked(modeReply, 'mode', replies.mode).Mode[0];
  const powerW = inputW(replies.psu);
  const boards = rowsOf(temperatureReply, 'temperature', replies.temperature).Temperature.filter(isHashBoard);
  const chips = boards.flatMap(({ ChipTemp }) => celsius(ChipTemp ?? []));
  const boardC = present(boards.map(({ BoardTemp }) => highest(celsius(BoardTemp ?? []))));
  const fanRpm = present(rowsOf(fanReply, 'fan', replies.fan).Fan.map(({ Speed }) => Speed));
  const summary = rowsOf(summaryReply, 'summary', replies.summary).SUMMARY[0];
  const rate = summary?.['MHS 5s'] ?? summary?.['MHS 1m'];
  return withoutUndefined<Reading>({
    asleep: mode?.Sleep === undefined ? undefined : mode.Sleep.toLowerCase() === 'on',
    powerW,
    powerFrom: powerW === undefined ? undefined : 'psu',
    hashrateThs: megaToTera(rate),
    // What it aims at; nothing in the replies is the nameplate's.
    ratedHashrateThs: mode?.Ths || undefined,
    chipMaxC: highest(chips),
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: summary?.Elapsed,
    faults: [],
  });
}

/** From `ipreport`. */
export function identityOf(reply: unknown): Identity {
  const report = checked(ipreportReply, 'ipreport', reply).IPReport[0];
  if (!report) throw new AdapterError('malformed', 'the reply to ipreport has no IPReport');
  return withoutUndefined<Identity>({
    make: 'Auradine',
    model: report.model,
    firmware: report.version,
    mac: macIn(report.mac),
    serial: report.SerialNo,
    hostname: report.hostname,
  });
}

/** Whether a reply to cgminer's `version`, which needs no password, is of an Auradine. */
export function isAuradine(reply: unknown): boolean {
  const { VERSION } = versionReply.safeParse(reply).data ?? { VERSION: [] };
  return VERSION[0]?.GCMiner !== undefined;
}

const modeReply = z.looseObject({ Mode: z.array(z.looseObject({ Sleep: words, Ths: quantity })).default([]) });
/** As text with its unit: `"3201.50W"`. */
const psuReply = z.looseObject({ PSU: z.array(z.looseObject({ PowerIn: words })).default([]) });
const sensors = z.array(z.looseObject({ Temperature: quantity })).nullish();
const temperatureRow = z.looseObject({ Name: words, BoardTemp: sensors, ChipTemp: sensors });
const temperatureReply = z.looseObject({ Temperature: z.array(temperatureRow).default([]) });
const fanReply = z.looseObject({ Fan: z.array(z.looseObject({ Speed: quantity })).default([]) });
/** MH/s; seconds since mining started. */
const summaryRow = z.looseObject({ 'MHS 5s': quantity, 'MHS 1m': quantity, Elapsed: quantity });
const summaryReply = z.looseObject({ SUMMARY: z.array(summaryRow).default([]) });
const ipreportRow = z.looseObject({ model: words, version: words, mac: words, SerialNo: words, hostname: words });
const ipreportReply = z.looseObject({ IPReport: z.array(ipreportRow).default([]) });
const versionReply = z.looseObject({ VERSION: z.array(z.looseObject({ GCMiner: words })).default([]) });

/** The empty form of a reply that did not come. */
function rowsOf<Schema extends z.ZodType>(schema: Schema, command: string, reply: unknown): z.infer<Schema> {
  return checked(schema, command, reply ?? {});
}

/** Undefined unless each power supply tells its part. */
function inputW(reply: unknown): Watts | undefined {
  const supplies = rowsOf(psuReply, 'psu', reply).PSU.map(({ PowerIn }) => wattsIn(PowerIn));
  const told = present(supplies);
  if (told.length === 0 || told.length < supplies.length) return undefined;
  return told.reduce((sum, watts) => sum + watts, 0);
}

function wattsIn(text: string | undefined): Watts | undefined {
  const number = /^(\d{1,9}(?:\.\d{1,9})?) ?(k?)W$/i.exec(text ?? '');
  if (!number) return undefined;
  return Number(number[1]) * (number[2] === '' ? 1 : 1000);
}

/** The control board has a sensor too. */
function isHashBoard({ Name }: z.infer<typeof temperatureRow>): boolean {
  return /hash/i.test(Name ?? '');
}

/** 0 is what a sensor shows that does not answer. */
function celsius(rows: { Temperature?: number | undefined }[]): number[] {
  return present(rows.map(({ Temperature }) => Temperature)).filter((degrees) => degrees !== 0);
}
