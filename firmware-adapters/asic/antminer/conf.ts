/**
 * The configuration of a stock Antminer, in which its mode is one field. Pure: tested on literal replies. Whoever changes
 * the mode sends the rest back as it was read, or it is lost, the pools with it.
 */
import * as z from 'zod';
import { checked, flag, quantity, words } from '../../transport/fields.ts';
import type { HttpBody } from '../../transport/http.ts';
import { formBody, jsonBody } from '../../transport/http.ts';

export type AntminerConf = z.infer<typeof conf>;

/** Throws `AdapterError('malformed')` naming the field. */
export function confOf(reply: unknown): AntminerConf {
  return checked(conf, 'get_miner_conf', reply);
}

/** The mode in force: 0 normal, 2 high, 3 low, and the one that sleeps. Undefined when it does not say. */
export function modeOf(given: AntminerConf): number | undefined {
  return given['miner-mode'] ?? given['bitmain-work-mode'];
}

export function sleepModeOf(given: AntminerConf): number {
  return takesForm(given) ? 254 : 1;
}

/**
 * What to post to change the mode alone. Both names of the mode go in: some builds look at one of them only, and
 * acknowledge the other. `asText` for builds that take no numbers.
 */
export function withMode(given: AntminerConf, mode: number, asText: boolean): HttpBody {
  if (takesForm(given)) return formBody(asForm(given, mode));
  const written = asText ? String(mode) : mode;
  return jsonBody({
    'bitmain-fan-ctrl': given['bitmain-fan-ctrl'] ?? false,
    'bitmain-fan-pwm': given['bitmain-fan-pwm'] ?? '100',
    'miner-mode': written,
    'bitmain-work-mode': written,
    'freq-level': given['bitmain-freq-level'] ?? given['freq-level'] ?? '100',
    pools: given.pools,
  });
}

/** The 17 series and older: their configuration has no level of frequency. */
function takesForm(given: AntminerConf): boolean {
  return given['bitmain-freq-level'] === undefined && given['freq-level'] === undefined && !('miner-mode' in given);
}

function asForm(given: AntminerConf, mode: number): Record<string, string> {
  const pools = [0, 1, 2].map((at): [string, string][] => {
    const { url, user, pass } = given.pools[at] ?? {};
    const name = `_ant_pool${at + 1}`;
    return [
      [`${name}url`, url ?? ''],
      [`${name}user`, user ?? ''],
      [`${name}pw`, pass ?? ''],
    ];
  });
  return {
    ...Object.fromEntries(pools.flat()),
    _ant_nobeeper: String(given['bitmain-nobeeper'] ?? false),
    _ant_notempoverctrl: String(given['bitmain-notempoverctrl'] ?? false),
    _ant_fan_customize_switch: String(given['bitmain-fan-ctrl'] ?? false),
    _ant_fan_customize_value: given['bitmain-fan-pwm'] ?? '',
    _ant_freq: given['bitmain-freq'] ?? '',
    _ant_voltage: given['bitmain-voltage'] ?? '',
    _ant_work_mode: String(mode),
  };
}

/** Text or number, kept as text. */
const written = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? undefined : String(value)))
  .optional();

const conf = z.looseObject({
  /** As they are: their passwords go back with them. */
  pools: z.array(
    z.looseObject({ url: z.string().optional(), user: z.string().optional(), pass: z.string().optional() }),
  ),
  'miner-mode': quantity,
  'bitmain-work-mode': quantity,
  'bitmain-fan-ctrl': flag,
  'bitmain-fan-pwm': written,
  'bitmain-freq': written,
  'bitmain-voltage': written,
  'bitmain-freq-level': written,
  'freq-level': written,
  'bitmain-nobeeper': flag,
  'bitmain-notempoverctrl': flag,
});

/** What the miner says to a change of its configuration, or of its light. */
export const ackReply = z.looseObject({ code: words, msg: words, stats: words });
