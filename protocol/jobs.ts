/**
 * What jobs and the agent of their machine say to each other over its local socket. Every frame is one JSON object
 * `{type, data}` with a form feed behind it: a job sends `ask`, the agent `answer` and `notice`.
 */
import * as z from 'zod';
import { name, timestamp } from './ids.ts';
import { seconds, watts } from './units.ts';

/** Ids that a job may name: one run over many processes has a leader that speaks for them. */
const MOST_PIDS = 64;
const MOST_HINTS = 16;

/** `register`: the first thing that a job says. One job a connection; when it closes the job is gone. */
export const registration = z.strictObject({
  workload: name,
  /** The content of the workload's token file. */
  token: z.string().min(1).max(256),
  /** Its processes, which must be the asker's own. */
  pids: z.array(z.int().min(2)).max(MOST_PIDS).default([]),
  /** Seconds that it wants to be told ahead. */
  notice_s: seconds.max(3600).default(0),
  /** Seconds that writing a checkpoint takes, by its own estimate. */
  checkpoint_s: seconds.max(3600).default(0),
  /** How it is as it registers: `paused` after the agent was away. */
  state: z.enum(['running', 'paused']).default('running'),
});

/** `ack`: it has heard the notice. `ready`: it rests now, which may be long before the deadline. */
export const aboutNotice = z.strictObject({ notice: z.string().max(64) });

/** `extend`: it needs longer. The answer is the deadline that it gets, never later than the order's own. */
export const extension = z.strictObject({ notice: z.string().max(64), by_s: seconds.max(3600) });

/** `hint`: what it expects its GPUs to draw, in place of all that it said before. */
export const hints = z.strictObject({
  spans: z
    .array(
      z.strictObject({
        /** Seconds from now, and how long. */
        in_s: seconds.max(86_400),
        for_s: seconds.positive().max(86_400),
        power_w: watts,
      }),
    )
    .max(MOST_HINTS),
});

/** What a job is told, over its connection and in `notice.json`. */
export const notice = z.object({
  id: z.string(),
  action: z.enum(['pause', 'resume']),
  /** It may go on until then, and must rest at the deadline. */
  not_before: timestamp,
  deadline: timestamp,
  /** What its workload's GPUs are to draw together then. */
  target_w: watts,
});

/** `notice.json` beside the socket, for those who would rather look than listen: replaced as a whole. */
export const noticeFile = z.object({
  v: z.literal(1),
  at: timestamp,
  notices: z.array(notice.extend({ workload: name, job: z.string() })),
});

export type Registration = z.infer<typeof registration>;
export type Hints = z.infer<typeof hints>;
export type JobNotice = z.infer<typeof notice>;
export type NoticeFile = z.infer<typeof noticeFile>;
