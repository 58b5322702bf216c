/** Sections of LuxOS replies: `{"POWER":[{"Watts":3200}]}` in the reply to `power`. */
import * as z from 'zod';
import { checked } from '../../transport/fields.ts';

/** Empty when the reply or its section is missing. Throws `AdapterError('malformed')` naming the command and field. */
export function rowsOf<Row extends z.ZodType>(command: string, row: Row, reply: unknown): z.infer<Row>[] {
  const section = command.toUpperCase();
  return checked(z.looseObject({ [section]: z.array(row).optional() }), command, reply ?? {})[section] ?? [];
}
