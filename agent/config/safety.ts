/** The sections of policy.yaml that outrank every order: what the rack's cooling, breakers and outlets can bear. */
import * as z from 'zod';
import { name } from '#protocol/ids.ts';
import { seconds, watts } from '#protocol/units.ts';

const celsius = z.number().min(-40).max(120);

/**
 * Each absent one limits nothing. Between warn and trip the devices that the sensor covers give way step by step, and
 * none of them starts; at trip all of them go down.
 */
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

export const pduLimit = z.strictObject({
  /** A PDU of the config. */
  pdu: name,
  /** What may be drawn through all of its outlets together, at any moment. */
  max_w: watts.positive().exactOptional(),
  /** And through each of them. */
  outlet_max_w: watts.positive().exactOptional(),
});

/** How devices start, whatever wakes them: each takes its inrush. */
export const starts = z.strictObject({
  /** Seconds between one device's start and the next; 0 for all at once. */
  apart_s: seconds.max(60).default(0.25),
});

/** A pump or a fan that is ours, steered like a device: no order moves it. */
export const cooling = z.strictObject({
  device: name,
  /** What it cools. */
  serves: z.union([z.literal('all'), z.array(name).min(1)]).default('all'),
  /** It runs so long before any of them starts, and so long after the last of them has stopped. */
  ahead_s: seconds.default(30),
  run_on_s: seconds.default(300),
  /** What it does after that: go on as it does at home, or stop. */
  when_idle: z.enum(['home', 'stop']).default('home'),
});
