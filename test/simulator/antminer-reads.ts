/** What stock Antminer firmware says of itself: in its CGIs, and on cgminer's socket. */
import type { Antminer } from './antminer-miner.ts';

const CHAINS = 3;
const CHIPS_PER_CHAIN = 110;
const FANS = 4;

export function readSystem({ spec, faults }: Antminer): object {
  return {
    minertype: spec.model,
    nettype: 'DHCP',
    netdevice: 'eth0',
    macaddr: faults.otherMac ?? spec.mac,
    hostname: spec.id,
    ipaddress: spec.host,
    netmask: '255.255.255.0',
    gateway: '10.0.1.1',
    dnsservers: '',
    system_mode: 'GNU/Linux',
    system_kernel_version: 'Linux 4.6.0-xilinx-gff8137b-dirty',
    system_filesystem_version: spec.firmware,
    firmware_type: 'Release',
    serinum: spec.serial,
  };
}

export function readConfig({ spec, pools, mode }: Antminer): object {
  const common = {
    pools,
    'api-listen': true,
    'api-network': true,
    'api-groups': 'A:stats:pools:devs:summary:version',
    'api-allow': 'A:0/0,W:*',
    'bitmain-fan-ctrl': false,
    'bitmain-fan-pwm': '100',
    'bitmain-use-vil': true,
    'bitmain-freq': '525',
    'bitmain-voltage': '1400',
    'bitmain-work-mode': String(mode),
  };
  return spec.series === 17
    ? { ...common, 'bitmain-nobeeper': false, 'bitmain-notempoverctrl': false }
    : { ...common, 'bitmain-ccdelay': '0', 'bitmain-pwth': '0', 'bitmain-freq-level': '100' };
}

function head(when: number): object {
  return { STATUS: 'S', when, Msg: '', api_version: '1.0.0' };
}

function info({ spec }: Antminer): object {
  return { miner_version: 'uart_trans.1.3', CompileTime: spec.firmware, type: spec.model };
}

export function readStats(miner: Antminer, when: number): object {
  const stats = {
    elapsed: Math.floor(miner.miningS),
    rate_5s: gigahashes(miner),
    rate_30m: gigahashes(miner),
    rate_avg: gigahashes(miner),
    rate_ideal: miner.spec.ratedThs * 1000,
    rate_unit: 'GH/s',
    chain_num: CHAINS,
    fan_num: FANS,
    fan: Array.from({ length: FANS }, () => fanRpm(miner)),
    hwp_total: 0,
    'miner-mode': miner.mode,
    'freq-level': 100,
    chain: each(CHAINS, (index) => ({
      index,
      freq_avg: miner.asleep ? 0 : 525,
      rate_ideal: (miner.spec.ratedThs * 1000) / CHAINS,
      rate_real: gigahashes(miner) / CHAINS,
      asic_num: miner.asleep ? 0 : CHIPS_PER_CHAIN,
      temp_pic: sensors(miner, 20),
      temp_pcb: sensors(miner, 25),
      temp_chip: sensors(miner, 40),
      hw: 0,
      eeprom_loaded: true,
      sn: `${miner.spec.serial}B${index}`,
      hwp: 0,
    })),
  };
  return { STATUS: head(when), INFO: info(miner), STATS: [stats] };
}

export function readSummary(miner: Antminer, when: number): object {
  const status = ['rate', 'network', 'fans', 'temp'].map((type) => ({ type, status: 's', code: 0, msg: '' }));
  const summary = {
    elapsed: Math.floor(miner.miningS),
    rate_5s: gigahashes(miner),
    rate_30m: gigahashes(miner),
    rate_avg: gigahashes(miner),
    rate_ideal: miner.spec.ratedThs * 1000,
    rate_unit: 'GH/s',
    hw_all: 0,
    bestshare: 0,
    status,
  };
  return { STATUS: head(when), INFO: info(miner), SUMMARY: [summary] };
}

export function webPools(miner: Antminer, when: number): object {
  const POOLS = miner.pools.map(({ url, user }, index) => ({
    index,
    url,
    user,
    status: miner.asleep ? 'Deed' : 'Alive',
    priority: index,
    getworks: 0,
    accepted: index === 0 ? Math.floor(miner.miningS / 14) : 0,
    rejected: 0,
    'Pool Stale%%': 0,
  }));
  return { STATUS: head(when), INFO: info(miner), POOLS };
}

/** On cgminer's socket. It does not know whether it sleeps, but for the 17 series. */
export function rpcReply(command: string, miner: Antminer, when: number): object {
  const { spec } = miner;
  switch (command) {
    case 'version':
      return section(when, 22, 'CGMiner versions', {
        VERSION: [{ BMMiner: '1.0.0', API: '3.1', Miner: '49.0.1.3', CompileTime: spec.firmware, Type: spec.model }],
      });
    case 'stats':
      return section(when, 70, 'CGMiner stats', {
        STATS: [{ BMMiner: '1.0.0', Miner: '49.0.1.3', Type: spec.model }, oldStats(miner)],
      });
    case 'pools':
      return section(when, 7, '3 Pool(s)', {
        POOLS: miner.pools.map(({ url, user }, index) => ({
          POOL: index,
          URL: url,
          User: user,
          Status: miner.asleep ? 'Dead' : 'Alive',
          'Stratum Active': index === 0 && !miner.asleep,
        })),
      });
    default:
      return {
        STATUS: [{ STATUS: 'E', When: when, Code: 14, Msg: 'Invalid command', Description: 'cgminer 1.0.0' }],
        id: 1,
      };
  }
}

function oldStats(miner: Antminer): object {
  const perChain = (name: string, value: unknown) =>
    Object.fromEntries(Array.from({ length: CHAINS }, (_, index) => [`${name}${index + 1}`, value]));
  const dashed = (above: number) => sensors(miner, above).join('-');
  return {
    STATS: 0,
    ID: 'BC50',
    Elapsed: Math.floor(miner.miningS),
    'GHS 5s': gigahashes(miner),
    'GHS av': gigahashes(miner),
    Mode: miner.spec.series === 17 ? miner.mode : 2,
    miner_count: CHAINS,
    frequency: miner.asleep ? 0 : 525,
    fan_num: FANS,
    ...Object.fromEntries(Array.from({ length: FANS }, (_, index) => [`fan${index + 1}`, fanRpm(miner)])),
    temp_num: CHAINS,
    ...perChain('temp_pcb', dashed(25)),
    ...perChain('temp_chip', dashed(40)),
    ...perChain('chain_acn', miner.asleep ? 0 : CHIPS_PER_CHAIN),
    total_rateideal: miner.spec.ratedThs * 1000,
    rate_unit: 'GH',
  };
}

function section(when: number, code: number, words: string, body: object): object {
  return {
    STATUS: [{ STATUS: 'S', When: when, Code: code, Msg: words, Description: 'cgminer 1.0.0' }],
    ...body,
    id: 1,
  };
}

function gigahashes(miner: Antminer): number {
  return Number((miner.hashrateThs * 1000).toFixed(2));
}

/** Two at the intake, two at the exhaust; they follow the power at once. All assumed. */
function sensors(miner: Antminer, above: number): number[] {
  const load = miner.watts() / miner.spec.ratedW;
  const at = (share: number) => Math.round(miner.inletC + share * above * load);
  return [at(0.6), at(0.6), at(1), at(1)];
}

function fanRpm(miner: Antminer): number {
  return miner.asleep ? 1200 : 6000;
}

function each(count: number, make: (index: number) => object): object[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
