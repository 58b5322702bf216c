/** The picture as payloads. `undefined` becomes `null` here and nowhere else. */
import type { Policy } from '#agent/config/policy.ts';
import { devicesSumW, estimated, guessed, outletsSum } from '#agent/state/estimate.ts';
import type { DeviceFacts, GpuReading, Now } from '#agent/state/observation.ts';
import { outletsOf, outletsPower } from '#agent/state/outlets.ts';
import type { DeviceView, MeterView, PduView, Picture } from '#agent/state/picture.ts';
import { ageMs, devicesOf, feedMeter } from '#agent/state/picture.ts';
import { freshDevice, freshMeter, freshReading } from '#agent/state/staleness.ts';
import type { DeviceStatus, Info, Offered, Power } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { learnedPayload } from './learned.ts';

/** What the plan says of a device, in words. */
export type Intent = {
  readonly want: string;
  readonly why: string;
  readonly home: string;
  readonly protected: boolean;
};

/** Telemetry says nothing about now after this many of its periods. */
export const VALID_PERIODS = 3;

/** What deciding knows of the feed, beside the picture. */
export type Feed = { readonly lineW: Watts | undefined; readonly sags: number | undefined };

export function powerPayload(picture: Picture, { lineW, sags }: Feed, periodMs: Millis, now: Now): Power {
  const meter = feedMeter(picture);
  const reading = freshMeter(meter, now);
  const metered = reading?.powerW;
  const best = bestPower(picture, reading, now);
  return {
    v: 1,
    at: timestampOf(now.wall),
    valid_s: (VALID_PERIODS * periodMs) / 1000,
    power_w: rounded(best?.watts),
    power_from: best?.from ?? null,
    age_ms: rounded(best?.ageMs),
    line_w: rounded(lineW),
    headroom_w: lineW !== undefined && metered !== undefined ? rounded(lineW - metered) : null,
    devices_w: rounded(devicesSumW(picture, now)),
    outlets_w: rounded(outletsSum(picture, now)?.watts),
    voltage_v: reading?.voltageV ?? null,
    voltage_sags: sags ?? null,
    frequency_hz: reading?.frequencyHz ?? null,
    frequency_age_ms: reading?.frequencyHz !== undefined ? rounded(ageMs(reading, now)) : null,
    frequency_resolution_hz: meter?.facts.frequencyResolutionHz ?? null,
    energy_import_wh: rounded(reading?.energyImportWh),
    energy_export_wh: rounded(reading?.energyExportWh),
    pdus: Object.values(picture.pdus).map((pdu) => pduPayload(pdu, now)),
  };
}

type Best = { watts: Watts; ageMs: Millis; from: NonNullable<Power['power_from']> };

function bestPower(picture: Picture, reading: MeterView['reading'], now: Now): Best | undefined {
  if (reading?.powerW !== undefined) return { watts: reading.powerW, ageMs: ageMs(reading, now) ?? 0, from: 'metered' };
  const estimate = estimated(picture, now);
  if (estimate) return estimate;
  const guess = guessed(picture, now);
  return guess && { ...guess, from: 'estimate' };
}

function pduPayload(pdu: PduView, now: Now): Power['pdus'][number] {
  const reading = freshReading(pdu, now);
  return {
    pdu: pdu.facts.id,
    power_w: rounded(reading?.powerW),
    age_ms: rounded(ageMs(reading, now)),
    outlets: (reading?.outlets ?? []).map(({ outlet, on, powerW }) => ({
      outlet,
      on: on ?? null,
      power_w: rounded(powerW),
    })),
  };
}

export function devicePayload(picture: Picture, device: DeviceView, intent: Intent, now: Now): DeviceStatus {
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
    outlets_w: rounded(outletsPower(picture, device, now)?.watts),
    outlets: outletsOf(picture, device, now).map(({ name, on, powerW, ageMs: age }) => ({
      outlet: name,
      on: on ?? null,
      power_w: rounded(powerW),
      age_ms: rounded(age),
    })),
    limit: reading?.limit ?? null,
    hashrate_ths: reading?.hashrateThs ?? null,
    efficiency_j_per_th: reading?.efficiencyJPerTh ?? null,
    chip_max_c: reading?.chipMaxC ?? null,
    ...(reading?.gpu && { gpu: gpuPayload(reading.gpu) }),
    asked_at: asked ? timestampOf(asked.at.wall) : null,
    acknowledged_at: asked?.outcome === 'acknowledged' && asked.answeredAt ? timestampOf(asked.answeredAt.wall) : null,
    faults: [...(reading?.faults ?? [])],
    last_error: (asked?.trouble ?? trouble)?.message ?? null,
  };
}

function gpuPayload(gpu: GpuReading): NonNullable<DeviceStatus['gpu']> {
  return {
    utilisation_pct: rounded(gpu.utilisation === undefined ? undefined : 100 * gpu.utilisation),
    memory_used_bytes: gpu.memoryUsedBytes ?? null,
    memory_total_bytes: gpu.memoryTotalBytes ?? null,
    clock_mhz: rounded(gpu.clockMhz),
    processes: gpu.processes?.length ?? null,
    throttled_by: [...gpu.throttledBy],
    sliced: gpu.sliced ?? null,
  };
}

export type InfoParts = {
  readonly version: string;
  readonly groups: readonly string[];
  readonly configHash: string;
  readonly publicKey: string;
  readonly speaks: readonly number[];
  readonly protect: readonly string[];
  readonly limits: Policy['limits'];
};

export function infoPayload(
  picture: Picture,
  { version, groups, configHash, publicKey, speaks, protect, limits }: InfoParts,
  offered: Offered,
  now: Now,
): Info {
  return {
    v: 1,
    at: timestampOf(now.wall),
    version,
    speaks: [...speaks],
    groups: [...groups],
    ...offered,
    restore_window_s: limits.restore_window_s,
    step_up_w_per_s: limits.step_up_w_per_s ?? null,
    config_hash: configHash,
    public_key: publicKey,
    devices: devicesOf(picture).map((device) => inventory(device, protect)),
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
    learned: learnedPayload(facts),
    commissioned_at: facts.commissioned ? timestampOf(facts.commissioned.at) : null,
  };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
