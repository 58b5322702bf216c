/** What LuxOS does on the commands that need its session. Codes 321, 335 and 340 are published, the others assumed. */
import type { Led, LuxosMiner } from './luxos-miner.ts';
import type { Profile } from './luxos-profiles.ts';
import { selectProfile } from './luxos-profiles.ts';
import type { Body } from './luxos-reads.ts';

/** A refusal is a sentence; the codes of most refusals are not published. */
export type WriteOutcome = { body: Body; act: () => void } | { refusal: string };

/** Undefined for a command that the firmware does not know. */
export function write(command: string, parameters: readonly string[], miner: LuxosMiner): WriteOutcome | undefined {
  switch (command) {
    case 'curtail':
      return curtail(parameters, miner);
    case 'profileset':
      return setProfile(parameters, miner);
    case 'atmset':
      return setAtm(parameters, miner);
    case 'ledset':
      return setLed(parameters, miner);
    case 'rebootdevice':
      return { body: { code: 328, words: 'Device rebooting', sections: {} }, act: () => miner.reboot() };
    case 'resetminer':
      return { body: { code: 329, words: 'LUXminer restarting', sections: {} }, act: () => miner.restart() };
    default:
      return undefined;
  }
}

function curtail([action, ...options]: readonly string[], miner: LuxosMiner): WriteOutcome {
  const body = (doing: string) => ({
    code: 335,
    words: 'Curtailment command sent',
    sections: { CURTAIL: [{ Action: doing }] },
  });
  if (action === 'wakeup') {
    return { body: body('wake up'), act: () => miner.powerOn({ unsafe: options.includes('mode=unsafe') }) };
  }
  if (action !== 'sleep') return { refusal: `Invalid curtail action: ${action ?? ''}` };
  if (miner.faults.refusesSleep) return { refusal: 'Unable to change curtailment mode' };
  return { body: body('sleep mode'), act: () => miner.powerOff() };
}

function setProfile([selector = '']: readonly string[], miner: LuxosMiner): WriteOutcome {
  if (miner.atm.enabled) return { refusal: 'Profile cannot be changed while ATM is enabled' };
  const profile = selectProfile(miner.profiles, selector);
  if (!profile) return { refusal: `Profile not found: ${selector}` };
  const PROFILE = [{ Board: 0, FrequencyStep: 5, Profile: profile.name, VoltageStep: 0.05 }];
  return { body: { code: 321, words: 'Profile Set', sections: { PROFILE } }, act: () => miner.setProfile(profile) };
}

function setAtm(parameters: readonly string[], miner: LuxosMiner): WriteOutcome {
  const change: { enabled?: boolean; max?: Profile | undefined } = {};
  for (const parameter of parameters) {
    const [key, value = ''] = parameter.split('=');
    const max = selectProfile(miner.profiles, value);
    if (key === 'enabled' && (value === 'true' || value === 'false')) change.enabled = value === 'true';
    else if (key === 'max_profile' && (max || value === '')) change.max = max;
    else return { refusal: `Invalid ATM parameter: ${parameter}` };
  }
  const body = { code: 340, words: 'ATM configuration updated', sections: {} };
  return { body, act: () => miner.setAtm(change) };
}

function setLed([color, state]: readonly string[], miner: LuxosMiner): WriteOutcome {
  if ((color !== 'red' && color !== 'green') || !isLed(state)) return { refusal: 'Invalid LED parameter' };
  return {
    body: { code: 326, words: 'LED set', sections: { LEDS: [{ Color: color, Status: state }] } },
    act: () => {
      miner.leds[color] = state;
    },
  };
}

function isLed(state: string | undefined): state is Led {
  return state === 'on' || state === 'off' || state === 'blink' || state === 'auto';
}
