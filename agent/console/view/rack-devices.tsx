/** Every device of a rack: what it does, what the plan wants of it and why, how it runs at home, and its watts. */
import type { DeviceStatus, Info } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import { byName } from '../model/site.ts';
import { age, count, kilowatts, timeOfDay, withUnit } from '../model/words.ts';
import { Panel } from './panel.tsx';

type Props = { devices: ReadonlyMap<string, DeviceStatus> | undefined; info: Info | undefined; nowMs: number };

const troubled = new Set<DeviceStatus['state']>(['unreachable', 'unauthorised', 'wrong_device']);

export function RackDevices({ devices, info, nowMs }: Props) {
  const known = [...(devices?.values() ?? [])].sort((a, b) => byName(a.device, b.device));
  const made = new Map(info?.devices.map((each) => [each.device, each]));
  return (
    <Panel name="Devices" area="devices" tools={<span class="quiet">{count(known.length)}</span>}>
      {known.length === 0 && <p class="empty">No device was heard of yet.</p>}
      <div class="scroll" hidden={known.length === 0}>
        <table>
          <thead>
            <tr>
              <th scope="col">device</th>
              <th scope="col">model</th>
              <th scope="col">state</th>
              <th scope="col">for</th>
              <th scope="col">wanted</th>
              <th scope="col">home</th>
              <th scope="col" class="number">
                its word
              </th>
              <th scope="col" class="number">
                outlets
              </th>
              <th scope="col" class="number">
                rated
              </th>
              <th scope="col" class="number">
                asked
              </th>
              <th scope="col" class="number">
                said yes
              </th>
              <th scope="col" class="number">
                TH/s
              </th>
              <th scope="col" class="number">
                chip
              </th>
              <th scope="col">why, and what is wrong</th>
            </tr>
          </thead>
          <tbody>
            {known.map((device) => (
              <DeviceRow key={device.device} device={device} made={made.get(device.device)} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

type RowProps = { device: DeviceStatus; made: Info['devices'][number] | undefined; nowMs: number };

function DeviceRow({ device, made, nowMs }: RowProps) {
  const wrong = [...device.faults, ...(device.last_error === null ? [] : [device.last_error])];
  return (
    <tr>
      <th scope="row">
        {device.device}
        {device.protected && <span class="quiet"> protected</span>}
      </th>
      <td>{made?.model ?? made?.adapter ?? ''}</td>
      <td class={troubled.has(device.state) ? 'bad' : ''}>{device.state.replace('_', ' ')}</td>
      <td class="number">{age(nowMs - epochMs(device.since))}</td>
      <td>{device.want}</td>
      <td>{device.home ?? '–'}</td>
      <td class="number">{kilowatts(device.power_w, 2)}</td>
      <td class="number">{kilowatts(device.outlets_w, 2)}</td>
      <td class="number">{kilowatts(device.rated_w, 2)}</td>
      <td class="number">{moment(device.asked_at)}</td>
      <td class="number">{moment(device.acknowledged_at)}</td>
      <td class="number">{device.hashrate_ths === null ? '–' : count(device.hashrate_ths)}</td>
      <td class="number">{device.chip_max_c === null ? '–' : withUnit(device.chip_max_c, '°C')}</td>
      <td class="quiet why">
        {device.why}
        {wrong.length > 0 && <span class="warn"> ● {wrong.join(', ')}</span>}
      </td>
    </tr>
  );
}

function moment(at: string | null): string {
  return at === null ? '–' : timeOfDay(epochMs(at));
}
