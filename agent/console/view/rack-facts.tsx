/** What else a rack says: its alarms, sensors, workloads and its agent. */
import type { Thermal } from '#protocol/telemetry.ts';
import type { Details } from '../model/details.ts';
import type { Rack } from '../model/site.ts';
import { age, count, kilowatts, withUnit } from '../model/words.ts';
import { Panel } from './panel.tsx';

export function RackFacts({ rack, details, nowMs }: { rack: Rack; details: Details | undefined; nowMs: number }) {
  const { alarms, thermal, thermalUntilMs } = rack;
  const sensors = thermalUntilMs > nowMs ? (thermal?.sensors ?? []) : [];
  const { workload, health } = details ?? {};
  const isEmpty = alarms.size === 0 && sensors.length === 0 && !workload && !health;
  return (
    <Panel name="Alarms, sensors, agent" area="facts">
      {isEmpty && <p class="empty">No alarm, and nothing was heard of sensors and agent yet.</p>}
      <dl class="facts">
        {[...alarms.values()].map(({ alarm, severity, message, since }) => (
          <div key={alarm}>
            <dt class={severity === 'critical' ? 'bad' : 'warn'}>
              {severity === 'critical' ? '▲' : '●'} {alarm}
            </dt>
            <dd>
              {message} <span class="quiet">since {since.slice(0, 19).replace('T', ' ')}Z</span>
            </dd>
          </div>
        ))}
        {sensors.map((sensor) => (
          <div key={sensor.sensor}>
            <dt>{sensor.sensor}</dt>
            <dd>
              {sensorWords(sensor)} <span class="quiet">{sensor.role.replace('_', ' ')}</span>
            </dd>
          </div>
        ))}
        {workload?.workloads.map(({ workload: name, state, tier, waiting, running, hinted_w }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {state}, tier {tier}
              {running !== null && `, ${count(running)} running`}
              {waiting !== null && `, ${count(waiting)} waiting`}
              {hinted_w !== null && `, hints at ${kilowatts(hinted_w)}`}
            </dd>
          </div>
        ))}
        {health && (
          <div>
            <dt>agent</dt>
            <dd>
              {rack.state?.version}, up {age(1000 * health.uptime_s)}
              {health.loop_lag_ms !== null && `, ${withUnit(health.loop_lag_ms, 'ms')} late`},{' '}
              {withUnit(health.rss_bytes / 1e6, 'MB')}
              {health.host_cpu_c !== null && `, controller ${withUnit(health.host_cpu_c, '°C')}`}
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}

function sensorWords({
  temperature_c,
  humidity_pct,
  coolant_in_c,
  coolant_out_c,
  flow_lpm,
  pressure_kpa,
  leak,
}: Sensor): string {
  const words = [
    measured(temperature_c, '°C'),
    measured(coolant_in_c, '°C in'),
    measured(coolant_out_c, '°C out'),
    measured(humidity_pct, '%'),
    measured(flow_lpm, 'l/min'),
    measured(pressure_kpa, 'kPa'),
    leak === null ? undefined : leak ? 'leak' : 'dry',
  ].filter((each) => each !== undefined);
  return words.join(', ') || 'silent';
}

type Sensor = Thermal['sensors'][number];

function measured(value: number | null, unit: string): string | undefined {
  return value === null ? undefined : withUnit(value, unit, 1);
}
