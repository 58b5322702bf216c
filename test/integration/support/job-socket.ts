/** The agent's socket for jobs, without the rest of the agent. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { jobVerbs } from '#agent/job-verbs.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { JobDesk } from '#agent/platform/job-desk.ts';
import type { LocalServer } from '#agent/platform/local-socket.ts';
import { serveLocal } from '#agent/platform/local-socket.ts';
import { openLog } from '#agent/platform/log.ts';
import { replacedFile } from '#agent/platform/notice-file.ts';
import type { NoticeFile } from '#protocol/jobs.ts';
import { noticeFile } from '#protocol/jobs.ts';

export const TOKEN = 'Nachtigall';

export type JobSocket = {
  readonly path: string;
  readonly desk: JobDesk;
  /** What lies in `notice.json` now. */
  notices(): Promise<NoticeFile['notices']>;
  /** Ends, and starts another that knows nothing of before. */
  restart(): Promise<JobDesk>;
};

export async function openJobSocket(t: TestContext): Promise<JobSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-jobs-'));
  const path = join(folder, 'run', 'ballast.sock');
  const log = openLog('silent');
  const file = join(dirname(path), 'notice.json');
  let server: LocalServer | undefined;
  const start = async () => {
    const desk = new JobDesk({ clock: systemClock, told: replacedFile(file, log) });
    desk.admit('train', { token: TOKEN });
    server = serveLocal({ path, log, handlers: jobVerbs(desk) });
    await server.start();
    return desk;
  };
  t.after(async () => {
    await server?.stop();
    // The last notices may still be on their way into the folder.
    await rm(folder, { recursive: true, maxRetries: 10 });
  });
  return {
    path,
    desk: await start(),
    notices: async () => {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      return text === undefined ? [] : noticeFile.parse(JSON.parse(text)).notices;
    },
    restart: async () => {
      await server?.stop();
      return await start();
    },
  };
}

export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(5);
}
