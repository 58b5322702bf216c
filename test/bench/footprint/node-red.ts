/**
 * The peer: Node-RED with its Modbus and MQTT nodes, installed from the npm registry into a folder of the bench's own. No
 * install script runs. The Modbus nodes name a fork of modbus-serial outside the registry; they get modbus-serial itself.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const manifest = {
  name: 'footprint-peer',
  private: true,
  dependencies: { 'node-red': '5.0.7', 'node-red-contrib-modbus': '5.60.2' },
  overrides: { 'node-red-contrib-modbus': { '@openp4nr/modbus-serial': 'npm:modbus-serial@8.0.25' } },
};

export const PEER_TOPIC = 'peer/meter';

/** @returns the arguments that start it, or why it cannot be installed here. */
export async function installNodeRed(
  folder: string,
  brokerPort: number,
  meterPorts: readonly number[],
): Promise<{ kind: 'ok'; args: string[] } | { kind: 'failed'; why: string }> {
  const user = join(folder, 'user');
  await mkdir(user, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  // Where it looks for nodes that somebody has added.
  await writeFile(join(user, 'package.json'), JSON.stringify({ ...manifest, name: 'footprint-peer-user' }));
  await writeFile(join(user, 'flows.json'), JSON.stringify(flows(brokerPort, meterPorts)));
  // No editor, as on a controller that nobody draws on.
  const settings = {
    httpAdminRoot: false,
    httpNodeRoot: false,
    flowFile: 'flows.json',
    nodesDir: join(folder, 'node_modules'),
  };
  await writeFile(join(user, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
  const install = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await promisify(execFile)('npm', install, { cwd: folder, timeout: 300_000 });
  } catch (error) {
    return { kind: 'failed', why: `Node-RED cannot be installed: ${(error as Error).message.split('\n')[0]}` };
  }
  const red = join(folder, 'node_modules/node-red/red.js');
  return { kind: 'ok', args: [red, '--userDir', user, '--settings', join(user, 'settings.js'), '--port', '0'] };
}

/** Each meter is read once a second, the registers that our map takes, and published as JSON. */
function flows(brokerPort: number, meterPorts: readonly number[]): object[] {
  return [
    { id: 'flow', type: 'tab', label: 'meters' },
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(brokerPort),
      autoConnect: true,
      keepalive: 60,
      cleansession: true,
      protocolVersion: '5',
    },
    ...meterPorts.flatMap((port, i) => meterFlow(port, i + 1)),
  ];
}

function meterFlow(port: number, place: number): object[] {
  const [client, read, decode, out] = ['client', 'read', 'decode', 'out'].map((what) => `${what}${place}`);
  return [
    {
      id: client,
      type: 'modbus-client',
      name: `meter ${place}`,
      clienttype: 'tcp',
      bufferCommands: true,
      tcpHost: '127.0.0.1',
      tcpPort: String(port),
      tcpType: 'DEFAULT',
      unit_id: 1,
      commandDelay: 1,
      clientTimeout: 1000,
      reconnectOnTimeout: true,
      reconnectTimeout: 2000,
      parallelUnitIdsAllowed: true,
    },
    {
      id: read,
      type: 'modbus-read',
      z: 'flow',
      server: client,
      unitid: '1',
      dataType: 'InputRegister',
      adr: '0',
      quantity: '76',
      rate: '1',
      rateUnit: 's',
      wires: [[decode], []],
    },
    { id: decode, type: 'function', z: 'flow', func: DECODE, outputs: 1, wires: [[out]] },
    {
      id: out,
      type: 'mqtt out',
      z: 'flow',
      topic: `${PEER_TOPIC}/${place}`,
      qos: '1',
      retain: 'true',
      broker: 'broker',
      wires: [],
    },
  ];
}

/** The quantities that our map of the meter has. */
const DECODE = `
const words = msg.payload;
const bytes = Buffer.alloc(2 * words.length);
words.forEach((word, i) => bytes.writeUInt16BE(word, 2 * i));
const at = (address) => bytes.readFloatBE(2 * address);
const names = { voltage_l1_v: 0, voltage_l2_v: 2, voltage_l3_v: 4, current_l1_a: 6, current_l2_a: 8, current_l3_a: 10,
  power_l1_w: 12, power_l2_w: 14, power_l3_w: 16, power_factor_l1: 30, power_factor_l2: 32, power_factor_l3: 34,
  voltage_v: 42, power_w: 52, power_factor: 62, frequency_hz: 70, energy_import_wh: 72, energy_export_wh: 74 };
return { payload: Object.fromEntries(Object.entries(names).map(([name, address]) => [name, at(address)])) };
`;
