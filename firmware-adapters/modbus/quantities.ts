/** The closed lists a register map chooses from: what can be read, and the units a device may count it in. */

/** Each unit as a number of the unit that our keys carry. */
const units = {
  W: { base: 'W', factor: 1 },
  kW: { base: 'W', factor: 1000 },
  MW: { base: 'W', factor: 1e6 },
  VA: { base: 'VA', factor: 1 },
  kVA: { base: 'VA', factor: 1000 },
  var: { base: 'var', factor: 1 },
  kvar: { base: 'var', factor: 1000 },
  Wh: { base: 'Wh', factor: 1 },
  kWh: { base: 'Wh', factor: 1000 },
  MWh: { base: 'Wh', factor: 1e6 },
  V: { base: 'V', factor: 1 },
  mV: { base: 'V', factor: 0.001 },
  A: { base: 'A', factor: 1 },
  mA: { base: 'A', factor: 0.001 },
  Hz: { base: 'Hz', factor: 1 },
  C: { base: 'C', factor: 1 },
  pct: { base: 'pct', factor: 1 },
  lpm: { base: 'lpm', factor: 1 },
  'm3/h': { base: 'lpm', factor: 1000 / 60 },
  'l/s': { base: 'lpm', factor: 60 },
  'l/h': { base: 'lpm', factor: 1 / 60 },
  /** Of the United States. */
  gpm: { base: 'lpm', factor: 3.785411784 },
  l: { base: 'l', factor: 1 },
  m3: { base: 'l', factor: 1000 },
  kPa: { base: 'kPa', factor: 1 },
  bar: { base: 'kPa', factor: 100 },
  mbar: { base: 'kPa', factor: 0.1 },
  psi: { base: 'kPa', factor: 6.894757293168361 },
  rpm: { base: 'rpm', factor: 1 },
  /** No dimension: power factors and yes or no. */
  '1': { base: '1', factor: 1 },
} as const;

/** What a point may be. The suffix is its unit on our side of the map and on the MQTT wire. */
const keys = {
  power_w: 'W',
  power_l1_w: 'W',
  power_l2_w: 'W',
  power_l3_w: 'W',
  apparent_va: 'VA',
  apparent_l1_va: 'VA',
  apparent_l2_va: 'VA',
  apparent_l3_va: 'VA',
  reactive_var: 'var',
  reactive_l1_var: 'var',
  reactive_l2_var: 'var',
  reactive_l3_var: 'var',
  power_factor: '1',
  power_factor_l1: '1',
  power_factor_l2: '1',
  power_factor_l3: '1',
  /** One phase, or the mean of three. */
  voltage_v: 'V',
  /** Against neutral. */
  voltage_l1_v: 'V',
  voltage_l2_v: 'V',
  voltage_l3_v: 'V',
  voltage_l12_v: 'V',
  voltage_l23_v: 'V',
  voltage_l31_v: 'V',
  current_a: 'A',
  current_l1_a: 'A',
  current_l2_a: 'A',
  current_l3_a: 'A',
  current_n_a: 'A',
  current_residual_a: 'A',
  frequency_hz: 'Hz',
  energy_import_wh: 'Wh',
  energy_export_wh: 'Wh',
  temperature_c: 'C',
  /** Coolant on its way into the rack, and out of it. */
  coolant_in_c: 'C',
  coolant_out_c: 'C',
  dew_point_c: 'C',
  humidity_pct: 'pct',
  flow_lpm: 'lpm',
  /** A counter of what has flowed through. */
  volume_l: 'l',
  /** Of the coolant that goes into the rack, and of that which comes back. */
  pressure_kpa: 'kPa',
  return_kpa: 'kPa',
  pump_rpm: 'rpm',
  pump_pct: 'pct',
  /** 1 while it is wet. */
  leak: '1',
  /** Beside the unit, below the rack, and on the floor, where one instrument tells them apart. */
  leak_external: '1',
  leak_pan: '1',
  leak_floor: '1',
  /** An outlet that is closed and feeds what is plugged into it. */
  on: '1',
} as const;

export type Unit = keyof typeof units;
export type PointKey = keyof typeof keys;

export const unitNames = Object.keys(units) as [Unit, ...Unit[]];
export const pointKeys = Object.keys(keys) as [PointKey, ...PointKey[]];

/** The unit that a key carries. */
export function unitOf(key: PointKey): (typeof keys)[PointKey] {
  return keys[key];
}

/** What to multiply a number of `unit` by to get the key's own unit; undefined when they measure different things. */
export function factorTo(key: PointKey, unit: Unit): number | undefined {
  return units[unit].base === keys[key] ? units[unit].factor : undefined;
}
