/**
 * What LuxOS answers to the commands that need no session. Codes, field names and types as recorded from firmware of
 * 2025 and as the vendor's pages show them; the values are the simulated machine's own.
 */
import type { LuxosMiner } from './luxos-miner.ts';
import type { Profile } from './luxos-profiles.ts';

const BOARDS = 3;
const fans = 4;

/** A reply without its head: code and words of the status, and the sections. */
export type Body = { code: number; words: string; sections: Record<string, object[]> };

/** Undefined for a command that the firmware does not know. `when` in seconds. */
export function readBody(command: string, miner: LuxosMiner, when: number): Body | undefined {
  switch (command) {
    case 'version':
      return { code: 22, words: 'LUXminer versions', sections: { VERSION: [version(miner)] } };
    case 'config':
      return { code: 33, words: 'LUXminer config', sections: { CONFIG: [config(miner)] } };
    case 'summary':
      return { code: 11, words: 'Summary', sections: { SUMMARY: [summary(miner, when)] } };
    case 'power':
      return {
        code: 311,
        words: 'Power usage',
        sections: { POWER: [{ PSU: true, Watts: Math.round(miner.watts()) }] },
      };
    case 'temps':
      return { code: 201, words: `${BOARDS} Temp(s)`, sections: { TEMPS: each(BOARDS, (id) => temps(miner, id)) } };
    case 'fans':
      return { code: 202, words: `${fans} Fan(s)`, sections: { FANS: each(fans, (id) => fan(miner, id)) } };
    case 'devs':
      return { code: 9, words: `${BOARDS} ASC(s)`, sections: { DEVS: each(BOARDS, (id) => board(miner, id, when)) } };
    case 'pools':
      return { code: 7, words: '1 Pool(s)', sections: { POOLS: [pool(miner)] } };
    case 'limits':
      return { code: 310, words: 'Limits', sections: { LIMITS: [limits(miner)] } };
    case 'events':
      return { code: 357, words: 'Miner Events', sections: { EVENTS: [] } };
    case 'profiles':
      return { code: 323, words: 'List profiles', sections: { PROFILES: miner.profiles.map(profile) } };
    case 'atm':
      return { code: 339, words: 'ATM configuration values', sections: { ATM: [atmValues(miner)] } };
    case 'session':
      return { code: 319, words: 'Session information', sections: { SESSION: [{ SessionID: miner.session.id }] } };
    default:
      return undefined;
  }
}

function version({ spec }: LuxosMiner): object {
  const build = spec.firmware.split('-')[0];
  return { API: '3.7', CompileTime: '', LUXminer: spec.firmware, Miner: build, Type: spec.model };
}

function config(miner: LuxosMiner): object {
  const { spec, faults, profile, leds } = miner;
  return {
    'ASC Count': BOARDS,
    Cooling: 'Air',
    CurtailMode: miner.curtailed ? 'Sleep' : 'None',
    DHCP: true,
    GreenLed: leds.green,
    Hostname: spec.id,
    IPAddr: spec.host,
    ImmersionMode: false,
    IsAtmEnabled: miner.atm.enabled,
    IsPowerSupplyOn: !miner.asleep,
    IsSingleVoltage: true,
    IsTuning: false,
    MACAddr: faults.otherMac ?? spec.mac,
    Model: spec.model,
    NameplateTHS: spec.ratedThs,
    OS: 'LuxOS',
    PSULabel: 'APW121215e',
    Profile: profile.name,
    ProfileStep: String(profile.step),
    RedLed: leds.red,
    SerialNumber: spec.serial,
    SystemStatus: 'Normal',
  };
}

function summary(miner: LuxosMiner, when: number): object {
  const gigahashes = round(miner.hashrateThs * 1000, 2);
  return {
    Accepted: Math.floor(miner.miningS / 14),
    Elapsed: Math.floor(miner.uptimeS),
    'GHS 15m': gigahashes,
    'GHS 1m': gigahashes,
    'GHS 30m': gigahashes,
    'GHS 5m': gigahashes,
    'GHS 5s': gigahashes,
    'GHS av': gigahashes,
    'Hardware Errors': 0,
    'Last getwork': when,
    Rejected: 0,
  };
}

function board(miner: LuxosMiner, id: number, when: number): object {
  const megahashes = Math.round((miner.hashrateThs * 1e6) / BOARDS);
  return {
    ASC: id,
    Accepted: Math.floor(miner.miningS / 42),
    Connector: `J${id + 6}`,
    'Device Elapsed': Math.floor(miner.miningS),
    Enabled: 'Y',
    ID: id,
    IsRamping: miner.ramping,
    IsUserShutdown: false,
    'Last Valid Work': miner.asleep ? 0 : when,
    'MHS 5s': megahashes,
    'MHS av': megahashes,
    'Nominal MHS': Math.round((miner.profile.hashrateThs * 1e6) / BOARDS),
    Profile: miner.profile.name,
    Rejected: 0,
    SerialNumber: `${miner.spec.serial}B${id}`,
    Status: miner.asleep ? 'Dead' : 'Alive',
    Temperature: exhaustC(miner),
  };
}

/** Temperatures and fans follow the power at once: heat has no time constant here. All assumed. */
function temps(miner: LuxosMiner, id: number): object {
  const intake = round(miner.inletC + 9 * loadFraction(miner), 0);
  const exhaust = exhaustC(miner);
  return { BottomLeft: exhaust, BottomRight: intake, ID: id, TEMP: id, TopLeft: exhaust, TopRight: intake };
}

function exhaustC(miner: LuxosMiner): number {
  return round(miner.inletC + 40 * loadFraction(miner), 0);
}

function fan(miner: LuxosMiner, id: number): object {
  const percent = miner.asleep ? 20 : Math.round(20 + 60 * loadFraction(miner));
  return { FAN: `FAN${id + 1}`, ID: id, RPM: percent * 70, Speed: percent };
}

function pool(miner: LuxosMiner): object {
  return {
    Accepted: Math.floor(miner.miningS / 14),
    POOL: 0,
    Priority: 0,
    Rejected: 0,
    Status: miner.asleep ? 'Dead' : 'Alive',
    'Stratum Active': !miner.asleep,
    URL: 'stratum+tcp://pool.invalid:3333',
    User: `ballast.${miner.spec.id}`,
  };
}

/** The names of these fields are assumed: no recorded reply is at hand. */
function limits({ profiles }: LuxosMiner): object {
  const frequencies = profiles.map(({ frequencyMhz }) => frequencyMhz);
  const voltages = profiles.map(({ voltage }) => voltage);
  return {
    FrequencyMax: Math.max(...frequencies),
    FrequencyMin: Math.min(...frequencies),
    VoltageMax: Math.max(...voltages),
    VoltageMin: Math.min(...voltages),
  };
}

function profile({ name, step, frequencyMhz, voltage, powerW, hashrateThs }: Profile): object {
  return {
    CanRestore: true,
    Frequency: frequencyMhz,
    HasOverrides: false,
    Hashrate: hashrateThs,
    IsDynamic: true,
    IsTuned: false,
    'Profile Name': name,
    Step: String(step),
    Voltage: voltage,
    Watts: powerW,
  };
}

function atmValues({ atm: { enabled, max } }: LuxosMiner): object {
  return {
    Enabled: enabled,
    MaxProfile: max?.name ?? '',
    MaxProfileStep: max ? String(max.step) : '',
    MinProfile: '',
    PostRampMinutes: 15,
    StartupMinutes: 15,
    TempWindow: 5,
  };
}

function loadFraction(miner: LuxosMiner): number {
  return miner.watts() / miner.spec.ratedW;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function each(count: number, make: (id: number) => object): object[] {
  return Array.from({ length: count }, (_, id) => make(id));
}
