/** The picture as payloads. `undefined` becomes `null` here and nowhere else. */

import { devicesSumW, estimated } from '#agent/state/estimate.ts';
import type { DeviceFacts, Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { ageMs, feedMeter, isManual } from '#agent/state/picture.ts';
import { freshDevice, freshMeter } from '#agent/state/staleness.ts';
import type { DeviceStatus, Info, Power } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';

/** What the plan says of a device, in words. */
export type Intent = {
  readonly want: string;
  readonly why: string;
  readonly home: string;
  readonly protected: boolean;
};

/** Telemetry says nothing about now after this many of its periods. */
export const VALID_PERIODS = 3;

export function powerPayload(picture: Picture, lineW: Watts | undefined, periodMs: Millis, now: Now): Power {
  const meter = feedMeter(picture);
  const reading = freshMeter(meter, now);
  const metered = reading?.powerW;
  const guess = metered === undefined ? estimated(picture, now) : undefined;
  return {
    v: 1,
    at: timestampOf(now.wall),
    valid_s: (VALID_PERIODS * periodMs) / 1000,
    power_w: rounded(metered ?? guess?.watts),
    power_from: metered !== undefined ? 'metered' : (guess?.from ?? null),
    age_ms: metered !== undefined ? rounded(ageMs(reading, now)) : null,
    line_w: rounded(lineW),
    headroom_w: lineW !== undefined && metered !== undefined ? rounded(lineW - metered) : null,
    devices_w: rounded(devicesSumW(picture, now)),
    frequency_hz: reading?.frequencyHz ?? null,
    frequency_age_ms: reading?.frequencyHz !== undefined ? rounded(ageMs(reading, now)) : null,
    energy_import_wh: rounded(reading?.energyImportWh),
    energy_export_wh: rounded(reading?.energyExportWh),
  };
}

export function devicePayload(device: DeviceView, intent: Intent, now: Now): DeviceStatus {
  const { facts, state, since, asked, trouble } = device;
  const reading = freshDevice(device, now);
  return {
    v: 1,
    at: timestampOf(now.wall),
    device: facts.id,
    state,
    since: timestampOf(since.wall),
    want: intent.want,
    why: intent.why,
    home: intent.home,
    protected: intent.protected,
    power_w: rounded(reading?.powerW),
    power_age_ms: rounded(ageMs(reading, now)),
    rated_w: facts.ratedW,
    limit: reading?.limit ?? null,
    hashrate_ths: reading?.hashrateThs ?? null,
    efficiency_j_per_th: reading?.efficiencyJPerTh ?? null,
    chip_max_c: reading?.chipMaxC ?? null,
    asked_at: asked ? timestampOf(asked.at.wall) : null,
    acknowledged_at: asked?.outcome === 'acknowledged' && asked.answeredAt ? timestampOf(asked.answeredAt.wall) : null,
    faults: [...(reading?.faults ?? [])],
    last_error: (asked?.trouble ?? trouble)?.message ?? null,
  };
}

export type InfoParts = {
  readonly version: string;
  readonly groups: readonly string[];
  readonly configHash: string;
  readonly publicKey: string;
  readonly speaks: readonly number[];
  readonly protect: readonly string[];
};

export function infoPayload(
  picture: Picture,
  { version, groups, configHash, publicKey, speaks, protect }: InfoParts,
  now: Now,
): Info {
  const devices = Object.values(picture.devices);
  const free = devices.filter(({ facts }) => facts.controls['sleep'] && !protect.includes(facts.id));
  const offered = isManual(picture, now) ? [] : free;
  const shedW = ({ fullW, facts }: DeviceView) => fullW - (facts.residualW ?? fullW);
  const sum = (some: DeviceView[]) => Math.round(some.reduce((total, device) => total + shedW(device), 0));
  return {
    v: 1,
    at: timestampOf(now.wall),
    version,
    speaks: [...speaks],
    groups: [...groups],
    rated_w: free.reduce((total, { facts }) => total + facts.ratedW, 0),
    down_w: sum(offered.filter(({ state }) => state === 'awake' || state === 'limited')),
    up_w: sum(offered.filter(({ state }) => state === 'asleep')),
    down_s: Math.max(0, ...free.map(({ facts }) => (facts.controls['sleep']?.settle_ms ?? 0) / 1000)),
    config_hash: configHash,
    public_key: publicKey,
    devices: devices.map((device) => inventory(device, protect)),
  };
}

function inventory({ facts, identity }: DeviceView, protect: readonly string[]): Info['devices'][number] {
  return {
    device: facts.id,
    adapter: facts.adapter,
    make: identity?.make ?? null,
    model: identity?.model ?? null,
    firmware: identity?.firmware ?? null,
    rated_w: facts.ratedW,
    protected: protect.includes(facts.id),
    controls: { ...(facts.controls as DeviceFacts['controls'] & Info['devices'][number]['controls']) },
  };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
