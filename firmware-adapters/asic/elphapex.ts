/**
 * Elphapex with stock firmware, its web pages on TCP 80 behind a digest log-in.
 *
 * Models: DG1, DG1+, DG Home 1 (Scrypt). Firmware: replies of 1.0.2 and 1.0.5 were recorded. The technician must
 * replace the default password `root` and put the new one in `password_file`.
 *
 * Sleep has no control here: public clients read the work mode under one name (`fc-work-mode`) and write it under
 * another (`miner-mode`), and nobody has recorded that a miner obeyed.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../contract.ts';
import { unless } from '../errors.ts';
import type { DeviceLine } from '../transport/device-line.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../transport/fields.ts';
import { HttpLine } from '../transport/http.ts';
import type { Firmware } from './miner-device.ts';
import { locateControl, PlainMiner } from './miner-device.ts';
import type { Reading } from './miner-reading.ts';
import { filled, highest } from './miner-reading.ts';
import type { LogInOptions } from './options.ts';
import { logInOptions } from './options.ts';
import type { WebApi } from './web-api.ts';
import { digestWeb } from './web-api.ts';

const PORT = 80;
/** What only the technician can give: a name for the file until then. */
const suggested = { username: 'root', password_file: 'elphapex.pw' };
/** How its log-in names itself. */
const realm = /realm="Daoge/;

const options = logInOptions(PORT, 'root');

export const elphapex: Adapter<LogInOptions> = {
  name: 'elphapex',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Elphapex(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, { connect, clock }, signal) => {
      const http = new HttpLine({ host, port: PORT, connect, clock });
      try {
        const { headers } = await http.ask({ method: 'GET', path: '/', timeoutMs: TIMEOUT_MS }, signal);
        const isOne = headers['www-authenticate']?.some((challenge) => realm.test(challenge)) ?? false;
        return isOne ? { identity: { make: 'Elphapex' }, options: suggested } : undefined;
      } finally {
        http.close();
      }
    },
  },
};

const TIMEOUT_MS = 10_000;
const RENEW_MS = 10 * 60_000;

class Elphapex implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #api: WebApi;

  constructor(given: LogInOptions, context: AdapterContext) {
    this.#api = digestWeb(given, context, TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const system = await this.#get('get_system_info', signal);
    // The serial number stands only there.
    const summary = await this.#get('summary', signal);
    return identityOf({ system: system.value, summary: summary.value });
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const conf = await this.#get('get_miner_conf', signal);
    const stats = await this.#get('stats', signal);
    const summary = await this.#get('summary', signal);
    // Only the home models have it.
    const power = await unless(['unsupported'], this.#get('get_power', signal));
    const replies = { conf: conf.value, stats: stats.value, summary: summary.value, power: power?.value };
    const repairs = [conf, stats, summary, power].reduce((sum, each) => sum + (each?.repairs ?? 0), 0);
    return { ...readingOf(replies), repairs };
  }

  controls(line: DeviceLine): Controls {
    const blink = (on: boolean) => async (signal: AbortSignal) => {
      const { value } = await this.#api.send('POST', '/cgi-bin/blink.cgi', { blink: on }, signal);
      return checked(z.looseObject({ code: z.string() }), 'blink', value).code;
    };
    return { locate: locateControl(line, blink(true), blink(false)) };
  }

  #get(page: string, signal: AbortSignal) {
    return this.#api.get(`/cgi-bin/${page}.cgi`, signal);
  }
}

export type ReadingReplies = { conf: unknown; stats: unknown; summary: unknown; power?: unknown };

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: ReadingReplies): Reading {
  const mode = checked(confReply, 'get_miner_conf', replies.conf)['fc-work-mode'];
  const stats = checked(statsReply, 'stats', replies.stats).STATS[0];
  const summary = checked(summaryReply, 'summary', replies.summary);
  const powerW = checked(powerReply, 'get_power', replies.power ?? {}).power_output;
  const divisor = perTera[stats?.rate_unit?.toUpperCase() ?? ''];
  // In thousandths. What it prints as temperatures of the boards is the same four numbers on every miner.
  const chip = highest((stats?.chain ?? []).flatMap(({ temp_chip }) => temp_chip ?? []));
  const fanRpm = present(stats?.fan ?? []);
  return withoutUndefined<Reading>({
    asleep: mode === undefined ? undefined : mode === 1,
    powerW,
    // What the power supply gives out, not what it takes in.
    powerFrom: powerW === undefined ? undefined : 'estimate',
    hashrateThs: scaled(stats?.rate_5s, divisor),
    ratedHashrateThs: scaled(stats?.rate_ideal, divisor) || undefined,
    chipMaxC: chip === undefined ? undefined : chip / 1000,
    fanRpm: filled(fanRpm),
    uptimeS: stats?.elapsed,
    faults: (summary.SUMMARY[0]?.status ?? []).flatMap(({ type, status, msg }) =>
      status?.toLowerCase() === 's' ? [] : [`${type ?? 'status'}: ${msg ?? 'not well'}`],
    ),
  });
}

export function identityOf(replies: { system: unknown; summary: unknown }): Identity {
  const system = checked(systemReply, 'get_system_info', replies.system);
  const { INFO } = checked(summaryReply, 'summary', replies.summary);
  return withoutUndefined<Identity>({
    make: 'Elphapex',
    model: system.minertype,
    firmware: system.system_filesystem_version,
    mac: macIn(system.macaddr),
    serial: INFO?.dev_sn,
    hostname: system.hostname,
  });
}

const confReply = z.looseObject({ 'fc-work-mode': quantity });
const statsRow = z.looseObject({
  rate_unit: words,
  rate_5s: quantity,
  rate_ideal: quantity,
  elapsed: quantity,
  fan: z.array(quantity).nullish(),
  chain: z.array(z.looseObject({ temp_chip: z.array(quantity).nullish() })).nullish(),
});
const statsReply = z.looseObject({ STATS: z.array(statsRow).default([]) });
const statusRow = z.looseObject({ type: words, status: words, msg: words });
const summaryReply = z.looseObject({
  INFO: z.looseObject({ dev_sn: words }).nullish(),
  SUMMARY: z.array(z.looseObject({ status: z.array(statusRow).nullish() })).default([]),
});
/** Watts. */
const powerReply = z.looseObject({ power_output: quantity });
const systemReply = z.looseObject({
  minertype: words,
  system_filesystem_version: words,
  macaddr: words,
  hostname: words,
});

/** A unit that is not listed gives no rate rather than a wrong one. */
const perTera: Record<string, number> = { 'KH/S': 1e9, 'MH/S': 1e6, 'GH/S': 1e3, 'TH/S': 1 };

function scaled(rate: number | undefined, divisor: number | undefined): number | undefined {
  return rate === undefined || divisor === undefined ? undefined : rate / divisor;
}
