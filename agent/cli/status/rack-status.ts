/** The agent's last words on every topic of its rack, read by the schemas of the wire. */
import * as z from 'zod';
import type { Board } from '#protocol/board.ts';
import { boardOf } from '#protocol/board.ts';

export type RackStatus = Omit<z.infer<typeof statusAnswer>, 'topics' | 'more'> & Board;

/** Payloads by the tail of their topic, such as `device/m01`. */
export const statusAnswer = z.object({
  rack: z.string(),
  /** `age_ms`: since anything came from it; null when nothing ever has. */
  brokers: z.array(z.object({ url: z.string(), online: z.boolean(), age_ms: z.number().nullable() })),
  /** Devices with hands inside. */
  locked_out: z.array(z.string()),
  /** Wall time until which a person runs the rack. */
  manual_until: z.number().nullable(),
  /** The device that commissioning tries now, empty between two; null when it does not run. */
  trying: z.string().nullable(),
  topics: z.record(z.string(), z.unknown()),
  /** Whether there is another page of topics. */
  more: z.boolean(),
});

export type StatusAnswer = z.infer<typeof statusAnswer>;

export function rackStatus({ topics, ...told }: Omit<StatusAnswer, 'more'>): RackStatus {
  return { ...told, ...boardOf(topics) };
}
