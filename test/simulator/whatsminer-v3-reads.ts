/** What a WhatsMiner with API v3 answers without a signature. Fields and types as recorded from firmware of 2025 and 2026. */
import type { WhatsminerV3 } from './whatsminer-v3-miner.ts';

const BOARDS = 3;

/** One part of it, or all. */
export function infoOf(miner: WhatsminerV3, part: string | undefined): object {
  const { spec, faults } = miner;
  const whole: Record<string, unknown> = {
    miner: {
      working: String(!miner.asleep),
      type: spec.model,
      'hash-board': 'K40',
      'hash-percent': '0',
      'miner-sn': spec.serial,
      'fast-boot': 'disable',
      'board-num': String(BOARDS),
      'power-limit-set': String(spec.ratedW),
    },
    network: {
      ip: spec.host,
      proto: 'dhcp',
      netmask: '255.255.255.0',
      dns: '10.0.1.1',
      mac: faults.otherMac ?? spec.mac,
      gateway: '10.0.1.1',
      hostname: spec.id,
    },
    system: {
      api: '3.0.2',
      platform: 'H616',
      fwversion: spec.firmware,
      'control-board-version': 'CB6V10',
      apiswitch: miner.writeApi ? '1' : '0',
      ledstatus: miner.led === 'auto' ? 'auto' : 'manual',
    },
    power: { type: 'P221B', hwversion: 'RT0159', model: 'P221B', fanspeed: 6344, sn: `P${spec.serial}`, vendor: '1' },
    salt: miner.salt,
    'error-code': [],
  };
  return part === undefined ? whole : { [part]: whole[part] };
}

export function statusOf(miner: WhatsminerV3, parts: string): object {
  const whole = { summary: summaryOf(miner), pools: poolsOf(miner) };
  return Object.fromEntries(Object.entries(whole).filter(([part]) => parts.split('+').includes(part)));
}

export function settingOf(miner: WhatsminerV3): object {
  return {
    'power-limit': miner.spec.ratedW,
    'upfreq-speed': 2,
    'power-mode': 'normal',
    'fast-boot': 'disable',
    'heat-mode': 'normal',
    'target-freq': 0,
    power: 0,
    // Recorded as 0 while none is set.
    'power-percent': miner.percent === 100 ? 0 : miner.percent,
  };
}

function summaryOf(miner: WhatsminerV3): object {
  const { spec } = miner;
  const load = miner.watts() / spec.ratedW;
  const rate = round(miner.hashrateThs);
  const board = round(miner.inletC + 35 * load);
  return {
    elapsed: Math.floor(miner.miningS),
    'bootup-time': Math.floor(miner.uptimeS),
    'freq-avg': miner.asleep ? 0 : Math.round(625 * load),
    'factory-hash': spec.ratedThs,
    'hash-average': rate,
    'hash-1min': rate,
    'hash-15min': rate,
    'hash-realtime': rate,
    'power-rate': rate > 0 ? round(miner.watts() / rate) : 0,
    'power-5min': Math.round(miner.watts()),
    'power-realtime': Math.round(miner.watts()),
    'power-limit': spec.ratedW,
    'environment-temperature': round(miner.inletC),
    'board-temperature': Array.from({ length: BOARDS }, () => board),
    'chip-temp-min': round(board + 5),
    'chip-temp-avg': round(board + 10),
    'chip-temp-max': round(board + 15),
    'fan-speed-in': miner.asleep ? 900 : 5400,
    'fan-speed-out': miner.asleep ? 900 : 5280,
    'up-freq-finish': miner.starting || miner.asleep ? 0 : 1,
  };
}

function poolsOf(miner: WhatsminerV3): object[] {
  const status = miner.asleep ? 'dead' : 'alive';
  return [
    {
      id: 1,
      url: 'stratum+tcp://pool1.invalid:3333',
      status,
      account: `ballast.${miner.spec.id}`,
      'stratum-active': !miner.asleep,
      'reject-rate': 0,
    },
  ];
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
