/** The options of `ballast order`, and the order they ask for. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Recipient } from '#protocol/ids.ts';
import { recipient } from '#protocol/ids.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Amount, Target } from '#protocol/order.ts';
import { usageFailure } from '../failure.ts';
import { given } from '../given.ts';
import type { Operator, OperatorFlags } from './operator.ts';
import { parseAmount, parseDuration, parsePrice, parsePriority, parseRamp, parseTime } from './quantities.ts';

export type OrderOptions = OperatorFlags & {
  to: string;
  ceiling?: Amount;
  shed?: Amount;
  setpoint?: Amount;
  floor?: Amount;
  /** USD per MWh. */
  market?: number;
  hashPrice?: number;
  inferencePrice?: number;
  release?: true;
  for?: number;
  from?: number;
  event?: string;
  rampDown?: number;
  rampUp?: number;
  deadline: number;
  priority: number;
  reason: string;
  dryRun?: true;
  json?: true;
};

/** How long a release stays retained for racks that are away now, seconds. */
const RELEASE_LASTS_S = 3600;

export function withOrderOptions(command: Command): Command {
  return command
    .requiredOption('--to <recipient>', 'all, group/NAME or rack/NAME')
    .option('--ceiling <amount>', 'at most this much', parseAmount)
    .option('--shed <amount>', 'this much less than the baseline', parseAmount)
    .option('--setpoint <amount>', 'exactly this much', parseAmount)
    .option('--floor <amount>', 'at least this much', parseAmount)
    .option(
      '--market <usd>',
      'no level but the price of energy, USD per MWh; --market=-5 for a negative one',
      parsePrice,
    )
    .option('--hash-price <usd>', 'beside --market: what mining pays, USD per PH/s and day', parsePrice)
    .option('--inference-price <usd>', 'beside --market: what a GPU earns with inference, USD an hour', parsePrice)
    .option('--release', 'end the order that is in force there')
    .option('--for <span>', 'how long: 90s, 10m, 1h30m', parseDuration)
    .option('--from <time>', 'when it begins, such as 2026-11-21T21:00:00Z (default: now)', parseTime)
    .option('--event <name>', 'the event it belongs to (default: the one in force, or a new one)')
    .option('--ramp-down <rate>', 'per rack, such as 500W/s (default: as fast as it can)', parseRamp)
    .option('--ramp-up <rate>', "per rack, on the way back (default: the rack's own)", parseRamp)
    .addOption(
      new Option('--deadline <span>', 'until the meter must show it').argParser(parseDuration).default(10, '10s'),
    )
    .addOption(new Option('--priority <number>', '0 goes first').argParser(parsePriority).default(0))
    .option('--reason <text>', 'one sentence for the record', '');
}

export function withOperatorOptions(command: Command): Command {
  return command
    .option('--operator <file>', 'a YAML file with what the options below say; they win over it')
    .option('--broker <url>', 'mqtt://, mqtts://, ws:// or wss://')
    .option('--ca <file>', 'certificates that the broker is trusted by')
    .option('--certificate <file>', 'our TLS certificate')
    .option('--certificate-key <file>', 'its key')
    .option('--username <name>', 'at the broker')
    .option('--password-file <file>', 'its first line is the password')
    .option('--site <name>', 'the site')
    .option('--issuer <name>', 'who gives the order')
    .option('--program <name>', 'the contract it belongs to, such as ecrs')
    .option('--key <file>', "signs the order; its name without .key is the key's id");
}

/** @throws Failure for options that contradict each other or leave out what an order needs. */
export function requestOf(options: OrderOptions, { site, issuer, program }: Operator): OrderRequest {
  const target = targetOf(options);
  const { from, event, rampDown, rampUp, deadline, priority, reason } = options;
  return {
    site,
    issuer,
    program,
    to: recipientOf(options.to),
    target,
    lastsS: options.for ?? usualSpanOf(target),
    deadlineS: deadline,
    priority,
    reason,
    ...given({ fromMs: from, event, downWPerS: rampDown, upWPerS: rampUp }),
  };
}

function recipientOf(text: string): Recipient {
  if (recipient.safeParse(text).success) return text as Recipient;
  throw usageFailure(`--to ${text} is nobody`, 'write all, group/NAME or rack/NAME');
}

function targetOf(options: OrderOptions): Target {
  const { ceiling, shed, setpoint, floor, release } = options;
  const amounts = Object.entries({ ceiling, shed, setpoint, floor }) as ['ceiling', Amount | undefined][];
  const targets: Target[] = amounts.flatMap(([kind, amount]) => (amount ? [{ kind, ...amount }] : []));
  targets.push(...marketOf(options));
  if (release) targets.push({ kind: 'release' });
  const [target] = targets;
  if (target && targets.length === 1) return target;
  throw usageFailure(
    targets.length > 1 ? 'an order has one level' : 'the order has no level',
    'write exactly one of --ceiling, --shed, --setpoint, --floor, --market and --release',
  );
}

function marketOf({ market, hashPrice, inferencePrice }: OrderOptions): Target[] {
  const others = given({ hash_usd_per_ph_day: hashPrice, inference_usd_per_gpu_h: inferencePrice });
  if (market !== undefined) return [{ kind: 'market', energy_usd_per_mwh: market, ...others }];
  if (Object.keys(others).length > 0)
    throw usageFailure('what is earned is told beside the price of energy', 'add --market USD');
  return [];
}

function usualSpanOf({ kind }: Target): number {
  if (kind === 'release') return RELEASE_LASTS_S;
  throw usageFailure('the order has no end', 'write how long it lasts, such as --for 10m');
}
