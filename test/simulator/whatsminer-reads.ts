/**
 * What a WhatsMiner answers to the commands that need no token. Field names and types as recorded from firmware of
 * 2023 and 2024; the values are the simulated machine's own.
 */
import type { Whatsminer } from './whatsminer-miner.ts';

const BOARDS = 3;
const CHIPS_PER_BOARD = 117;

/** The reply object, or undefined for a command that the firmware does not know. `when` in seconds. */
export function readReply(command: string, miner: Whatsminer, when: number): object | undefined {
  switch (command) {
    case 'get_version':
      return message(when, version(miner));
    case 'get_miner_info':
      return message(when, minerInfo(miner));
    case 'status':
      return message(when, status(miner));
    case 'get_psu':
      return message(when, psu(miner));
    case 'get_error_code':
      return message(when, { error_code: [] });
    case 'summary':
      return section(when, 11, 'Summary', { SUMMARY: [summary(miner)] });
    case 'devs':
    case 'edevs':
      return section(when, 9, `${BOARDS} ASC(s)`, { DEVS: eachBoard((slot) => board(miner, slot)) });
    case 'devdetails':
      return section(when, 69, 'Device Details', { DEVDETAILS: eachBoard((slot) => boardDetails(miner, slot)) });
    case 'pools':
      return section(when, 7, '1 Pool(s)', { POOLS: [pool(miner, when)] });
    default:
      return undefined;
  }
}

/** The envelope of the vendor's own commands. */
function message(when: number, payload: object): object {
  return { STATUS: 'S', When: when, Code: 131, Msg: payload, Description: '' };
}

/** The envelope that came with cgminer. */
function section(when: number, code: number, text: string, payload: object): object {
  const head = { STATUS: 'S', When: when, Code: code, Msg: text, Description: 'cgminer 4.9.2' };
  return { STATUS: [head], ...payload, id: 1 };
}

function version({ spec }: Whatsminer): object {
  return { api_ver: '2.0.5', fw_ver: spec.firmware, platform: 'H616', chip: 'K15A232-2131 BINV01-195409E' };
}

function minerInfo({ spec, faults, led }: Whatsminer): object {
  return {
    ip: spec.host,
    proto: 'dhcp',
    netmask: '255.255.255.0',
    gateway: '10.0.1.1',
    dns: '10.0.1.1',
    hostname: 'WhatsMiner',
    mac: faults.otherMac ?? spec.mac,
    ledstat: led,
    minersn: spec.serial,
    powersn: `P${spec.serial}`,
  };
}

function status(miner: Whatsminer): object {
  return {
    mineroff: String(miner.asleep),
    mineroff_reason: '',
    mineroff_time: '',
    FirmwareVersion: miner.spec.firmware,
    power_mode: 'normal',
    power_limit_set: miner.limitW < miner.spec.ratedW ? String(miner.limitW) : '',
    hash_percent: '0',
    power_pct: miner.percent,
  };
}

function psu(miner: Whatsminer): object {
  const volts = 240;
  const inputW = miner.watts();
  return {
    name: 'P222B',
    hw_version: '',
    sw_version: '230208.220429',
    model: 'P222B',
    pin: String(Math.round(inputW)),
    // In units of 10 mV and of 1 mA.
    vin: String(volts * 100),
    iin: String(Math.round((inputW / volts) * 1000)),
    fan_speed: String(miner.asleep ? 2000 : 6000),
    serial_no: `P${miner.spec.serial}`,
  };
}

function summary(miner: Whatsminer): object {
  const { spec, faults } = miner;
  const inputW = miner.watts();
  const rate = megahashes(miner.hashrateThs);
  return {
    Elapsed: Math.floor(miner.miningS),
    'MHS av': rate,
    'MHS 5s': rate,
    'MHS 1m': rate,
    'MHS 5m': rate,
    'MHS 15m': rate,
    'HS RT': rate,
    Accepted: Math.floor(miner.miningS / 14),
    Rejected: 0,
    Temperature: boardCelsius(miner),
    freq_avg: miner.asleep ? 0 : Math.round(600 * loadFraction(miner)),
    'Fan Speed In': fanRpm(miner),
    'Fan Speed Out': Math.max(0, fanRpm(miner) - 120),
    Power: Math.round(inputW),
    'Power Rate': miner.hashrateThs > 0 ? round(inputW / miner.hashrateThs, 2) : 0,
    'Pool Rejected%': 0,
    Uptime: Math.floor(miner.uptimeS),
    'Hash Stable': miner.upfreqComplete,
    'Target Freq': 600,
    'Env Temp': round(miner.inletC, 1),
    'Power Mode': 'Normal',
    'Factory GHS': spec.ratedThs * 1000,
    'Power Limit': miner.limitW,
    ...chipTemperatures(miner),
    'Btminer Fast Boot': 'disable',
    'Upfreq Complete': Number(miner.upfreqComplete),
    MAC: faults.otherMac ?? spec.mac,
  };
}

function board(miner: Whatsminer, slot: number): object {
  return {
    ASC: slot,
    Name: 'SM',
    ID: slot,
    Slot: slot,
    Enabled: 'Y',
    Status: 'Alive',
    Temperature: boardCelsius(miner),
    'Chip Frequency': miner.asleep ? 0 : Math.round(600 * loadFraction(miner)),
    'MHS av': megahashes(miner.hashrateThs / BOARDS),
    Accepted: Math.floor(miner.miningS / 42),
    Rejected: 0,
    'Device Elapsed': Math.floor(miner.miningS),
    'Upfreq Complete': Number(miner.upfreqComplete),
    'Effective Chips': CHIPS_PER_BOARD,
    'PCB SN': `${miner.spec.serial}B${slot}`,
    ...chipTemperatures(miner),
    'Factory GHS': Math.round((miner.spec.ratedThs * 1000) / BOARDS),
  };
}

function boardDetails({ spec }: Whatsminer, slot: number): object {
  return { DEVDETAILS: slot, Name: 'SM', ID: slot, Driver: 'btminer', Kernel: '', Model: spec.model };
}

function pool(miner: Whatsminer, when: number): object {
  return {
    POOL: 1,
    URL: 'stratum+tcp://pool.invalid:3333',
    Status: miner.asleep ? 'Dead' : 'Alive',
    Priority: 0,
    Accepted: Math.floor(miner.miningS / 14),
    Rejected: 0,
    User: `ballast.${miner.spec.id}`,
    'Last Share Time': miner.asleep ? 0 : when,
    'Stratum Active': !miner.asleep,
  };
}

/** Temperatures and fans follow the power at once: heat has no time constant here. All assumed. */
function boardCelsius(miner: Whatsminer): number {
  return round(miner.inletC + 40 * loadFraction(miner), 1);
}

function chipTemperatures(miner: Whatsminer): object {
  const at = (riseC: number) => round(miner.inletC + riseC * loadFraction(miner), 1);
  return { 'Chip Temp Min': at(40), 'Chip Temp Max': at(58), 'Chip Temp Avg': at(48) };
}

function fanRpm(miner: Whatsminer): number {
  return miner.asleep ? 1200 : Math.round(3000 + 2400 * loadFraction(miner));
}

function loadFraction(miner: Whatsminer): number {
  return miner.watts() / miner.spec.ratedW;
}

function megahashes(terahashes: number): number {
  return Math.round(terahashes * 1e6);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function eachBoard(make: (slot: number) => object): object[] {
  return Array.from({ length: BOARDS }, (_, slot) => make(slot));
}
