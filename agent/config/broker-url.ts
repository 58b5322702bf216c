/** Where a broker is, as everyone writes it: the config, the operator's file, and the command line. */
import * as z from 'zod';

export const brokerUrl = z
  .string()
  .regex(/^(mqtts?|wss?):\/\/[^\s/]+\S*$/, 'must start with mqtt://, mqtts://, ws:// or wss://');
