/** What VNish says of itself. Field names and types as recorded from 1.2.7. */
import type { VnishMiner } from './vnish-miner.ts';

const CHAINS = 3;
const FANS = 4;

export function readInfo({ spec, faults }: VnishMiner): object {
  return {
    miner: spec.model,
    model: 's21pro',
    fw_name: 'Vnish',
    fw_version: spec.firmware,
    platform: 'aml',
    install_type: 'nand',
    algorithm: 'sha256d',
    hr_measure: 'GH/s',
    system: {
      os: 'GNU/Linux',
      miner_name: 's21pro',
      network_status: { mac: faults.otherMac ?? spec.mac, dhcp: true, ip: spec.host, hostname: spec.id },
      uptime: '1:55',
    },
    serial: spec.serial,
  };
}

export function readSummary(miner: VnishMiner): object {
  const { spec } = miner;
  const load = miner.watts() / spec.ratedW;
  const rate = Number((miner.hashrateThs * 1000).toFixed(2));
  const pcb = Math.round(miner.inletC + 25 * load);
  return {
    miner: {
      miner_status: { miner_state: state(miner), miner_state_time: Math.floor(miner.miningS) },
      miner_type: `${spec.model} (Vnish ${spec.firmware})`,
      hr_stock: spec.ratedThs * 1000,
      hr_average: rate,
      hr_realtime: rate,
      pcb_temp: { min: pcb - 10, max: pcb },
      chip_temp: { min: pcb + 5, max: pcb + 15 },
      power_consumption: Math.round(miner.watts()),
      power_usage: Math.round(miner.watts()),
      power_efficiency: rate > 0 ? Number(((miner.watts() / rate) * 1000).toFixed(3)) : 0,
      hw_errors: 0,
      pools: pools(miner),
      cooling: { fan_num: FANS, fans: each(FANS, (id) => ({ id, rpm: miner.asleep ? 1200 : 5880, status: 'ok' })) },
      chains: each(CHAINS, (id) => ({
        id: id + 1,
        hashrate_rt: rate / CHAINS,
        pcb_temp: { min: pcb - 10, max: pcb },
        chip_temp: { min: pcb + 5, max: pcb + 15 },
        status: { state: miner.asleep ? 'stopped' : 'mining' },
      })),
      psu: { psu_power_metering: true },
    },
  };
}

function state(miner: VnishMiner): string {
  if (miner.asleep) return 'stopped';
  if (miner.resting) return 'shutting-down';
  return miner.starting ? 'starting' : 'mining';
}

export function readPerf({ preset }: VnishMiner): object {
  return {
    current_preset: { name: preset.name, pretty: `${preset.watts} watt`, status: preset.tuned ? 'tuned' : 'untuned' },
    preset_switcher: { enabled: false },
  };
}

export function readPresets({ presets }: VnishMiner): object {
  const disabled = { name: 'disabled', pretty: 'Disabled', status: 'untuned' };
  return [
    disabled,
    ...presets.map(({ name, watts, tuned }) => ({
      name,
      pretty: `${watts} watt`,
      status: tuned ? 'tuned' : 'untuned',
      modded_psu_required: false,
    })),
  ];
}

export function readSettings({ preset }: VnishMiner): object {
  return {
    miner: {
      misc: { remain_stopped_on_reboot: true, quick_start: false, max_startup_delay_time: 0 },
      overclock: { modded_psu: false, preset: preset.name, globals: { volt: 1270, freq: 555 } },
    },
  };
}

function pools({ spec, asleep, miningS }: VnishMiner): object[] {
  const status = asleep ? 'offline' : 'active';
  const own = { id: 0, url: 'pool1.invalid:3333', pool_type: 'UserPool', user: `ballast.${spec.id}`, status };
  const fee = { id: 1, url: 'DevFee', pool_type: 'DevFee', user: 'DevFee', status };
  return [own, fee].map((pool) => ({ ...pool, accepted: Math.floor(miningS / 14), rejected: 0, stale: 0 }));
}

function each(count: number, make: (id: number) => object): object[] {
  return Array.from({ length: count }, (_, id) => make(id));
}
