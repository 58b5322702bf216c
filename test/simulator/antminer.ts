/**
 * What stock Antminer firmware serves: CGIs behind a digest log-in on port 80, cgminer's socket on 4028, and on some
 * models the watts as plain text on 6060. Names and types of the CGIs' fields as public clients of them have them.
 */
import type { Duplex } from 'node:stream';
import type { Antminer, ConfiguredPool } from './antminer-miner.ts';
import { readConfig, readStats, readSummary, readSystem, rpcReply, webPools } from './antminer-reads.ts';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { AnswerWeb, WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export function antminerWeb(miner: Antminer, clock: SimulatorClock): (stream: Duplex) => void {
  const answer: AnswerWeb = (request, when) => {
    if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
    const { path, query } = request;
    const uri = query.size > 0 ? `${path}?${query}` : path;
    return miner.login.refuse(request, uri) ?? carriedOut(request, miner, when);
  };
  return webDoor(miner, clock, answer);
}

/** cgminer's socket, which only reads here. */
export function antminerRpc(miner: Antminer, clock: SimulatorClock): (stream: Duplex) => void {
  return (stream) =>
    serveCgminer(miner, clock, stream, (request, when) =>
      JSON.stringify(rpcReply(String(parseObject(request)?.['command']), miner, when)),
    );
}

export function antminerPower(miner: Antminer, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, ({ path }) =>
    path === '/miner_power' ? { body: `power:${Math.round(miner.watts())}` } : { body: 'error 6060 cmd' },
  );
}

function carriedOut({ method, path, body }: WebRequest, miner: Antminer, when: number): WebReply {
  const name = /^\/cgi-bin\/(\w+)\.cgi$/.exec(path)?.[1];
  switch (`${method} ${name}`) {
    case 'GET get_system_info':
      return { body: readSystem(miner) };
    case 'GET get_miner_conf':
      return { body: readConfig(miner) };
    case 'POST set_miner_conf':
      return miner.spec.series === 17 ? setByForm(body, miner) : setByJson(body, miner);
    case 'GET reboot':
      return reboot(miner);
    case 'POST blink':
      return blink(body, miner);
  }
  const reads = miner.spec.series === 19 ? { stats: readStats, summary: readSummary, pools: webPools } : {};
  const read = method === 'GET' ? Object.entries(reads).find(([each]) => each === name)?.[1] : undefined;
  return read ? { body: read(miner, when) } : notFound;
}

const notFound: WebReply = { status: 404, body: '<html><head><title>404 - Not Found</title></head></html>' };

function setByJson(body: string, miner: Antminer): WebReply {
  const config = parseObject(body);
  if (!config || !Array.isArray(config['pools'])) return refused('M001', 'Illegal request!');
  const given = miner.spec.obeys.map((key) => config[key]).find((mode) => mode !== undefined);
  const mode = miner.spec.modeAsText === (typeof given === 'string') ? Number(given) : undefined;
  return changed(mode, config['pools'] as ConfiguredPool[], miner);
}

function setByForm(body: string, miner: Antminer): WebReply {
  const form = new URLSearchParams(body);
  const pools = [1, 2, 3].map((n) => ({
    url: form.get(`_ant_pool${n}url`) ?? '',
    user: form.get(`_ant_pool${n}user`) ?? '',
    pass: form.get(`_ant_pool${n}pw`) ?? '',
  }));
  return { ...changed(Number(form.get('_ant_work_mode') ?? Number.NaN), pools, miner), body: '' };
}

/** The pools are what the request says they are: a client that leaves them out loses them. */
function changed(mode: number | undefined, pools: ConfiguredPool[], miner: Antminer): WebReply {
  const { faults, spec } = miner;
  miner.takeWrite(`mode ${mode}`);
  if (faults.refusesSleep && mode === miner.sleepMode) return refused('M002', 'Save miner config failed!');
  if (!faults.ignoresCommands) {
    miner.pools = pools;
    if (mode !== undefined && !Number.isNaN(mode) && mode !== miner.mode) miner.setMode(mode);
  }
  return { body: { stats: 'success', code: 'M000', msg: 'OK!' }, afterMs: spec.timing.configMs };
}

function refused(code: string, msg: string): WebReply {
  return { body: { stats: 'error', code, msg } };
}

function reboot(miner: Antminer): WebReply {
  miner.takeWrite('reboot');
  if (!miner.faults.ignoresCommands) miner.reboot();
  return { body: 'rebooting' };
}

function blink(body: string, miner: Antminer): WebReply {
  const on = parseObject(body)?.['blink'] === true;
  miner.takeWrite(`blink ${on}`);
  if (!miner.faults.ignoresCommands) miner.blinking = on;
  return { body: { code: on ? 'B000' : 'B100' } };
}
