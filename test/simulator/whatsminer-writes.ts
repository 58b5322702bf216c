/** What a WhatsMiner does on the commands that need a token. */
import type { Whatsminer } from './whatsminer-miner.ts';

/** A write as it came out of the envelope. Values are strings on the wire, also the numbers. */
export type WriteCommand = Record<string, unknown>;

export type WriteOutcome = 'done' | 'unknown command' | 'command error';

/** A power limit that stands for none. */
const NO_LIMIT_W = 99_999;

export function write(name: string, parameters: WriteCommand, miner: Whatsminer): WriteOutcome {
  const action = actionFor(name, parameters, miner);
  if (typeof action === 'string') return action;
  if (name === 'power_off' && miner.faults.refusesSleep) return 'command error';
  if (!miner.faults.ignoresCommands) action();
  return 'done';
}

function actionFor(name: string, parameters: WriteCommand, miner: Whatsminer): WriteOutcome | (() => void) {
  switch (name) {
    case 'power_off':
      return () => miner.powerOff();
    case 'power_on':
      return () => miner.powerOn();
    case 'set_power_pct':
      return withNumber(parameters['percent'], 0, 100, (percent) => miner.setPercent(percent));
    case 'restore_power_pct':
      return () => miner.setPercent(100);
    case 'adjust_power_limit':
      return withNumber(parameters['power_limit'], 0, NO_LIMIT_W, (limit) => miner.setLimit(limit));
    case 'set_led':
      return () => {
        miner.led = parameters['param'] === 'auto' ? 'auto' : ledState(parameters);
      };
    case 'restart_btminer':
      return () => miner.restart();
    case 'reboot':
      return () => miner.reboot();
    default:
      return 'unknown command';
  }
}

function withNumber(
  value: unknown,
  min: number,
  max: number,
  act: (value: number) => void,
): WriteOutcome | (() => void) {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? () => act(number) : 'command error';
}

/** The form get_miner_info reports a blinking light in. */
function ledState({ color, period, duration, start }: WriteCommand): string {
  return `${color},${period},${duration},${start}`;
}
