/** The sections of policy.yaml that outrank every order: what the rack's cooling and its breakers can bear. */
import * as z from 'zod';
import { name } from '#protocol/ids.ts';
import { watts } from '#protocol/units.ts';

const celsius = z.number().min(-40).max(120);

/** Each absent one limits nothing. Between warn and trip the rack gives way step by step; at trip all of it goes down. */
export const thermal = z.strictObject({
  inlet_warn_c: celsius.exactOptional(),
  inlet_trip_c: celsius.exactOptional(),
  coolant_warn_c: celsius.exactOptional(),
  coolant_trip_c: celsius.exactOptional(),
  /** After a trip nothing comes back before an inlet, or the coolant, is this cool. */
  restart_below_c: celsius.exactOptional(),
  /** Colder coolant starts nothing: a loop may have frozen, immersion oil is thick. */
  coolant_min_c: celsius.exactOptional(),
  /** Litres a minute: less coolant than that trips, as a leak does. */
  flow_min_lpm: z.number().positive().exactOptional(),
});

export const breaker = z.strictObject({
  id: name,
  /** Devices behind it. */
  devices: z.array(name).min(1),
  /** What may be drawn through it at any moment. */
  max_w: watts.positive(),
});
