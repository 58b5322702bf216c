/** `ballast top` and `ballast events --follow` as a person sees them, over an agent that comes and goes. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { serveLocal } from '#agent/platform/local-socket.ts';
import { openLog } from '#agent/platform/log.ts';
import { AT, toldBy, topics } from '#test/support/told-rack.ts';
import { ballast, startBallast } from './support/ballast.ts';
import { needs } from './support/needs.ts';
import { openTmux } from './support/tmux.ts';

const bin = resolve(import.meta.dirname, '../../bin/ballast');

type Standing = { socket: string; say(why: string): void; start(): Promise<void>; stop(): Promise<void> };

/** What an agent answers on its socket; each start of it is another boot, and knows only what was said since. */
async function standIn(t: TestContext): Promise<Standing> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-live-'));
  t.after(() => rm(folder, { recursive: true }));
  const socket = join(folder, 'ballast.sock');
  let boot = 0;
  let reads = 0;
  let events: { n: number }[] = [];
  const say = (why: string) => {
    const subject = { order: null, event: null, issuer: null, program: null, phase: null, code: null, device: 'm2' };
    const figures = { power_w: 5870, power_age_ms: 400, level_w: null };
    events.push({ n: events.length + 1, v: 1, at: AT, kind: 'local', ...subject, ...figures, why } as { n: number });
  };
  const start = () => {
    boot += 1;
    events = [];
    return server.start();
  };
  const handlers = {
    status: () => ({ ...toldBy(topics), more: false }),
    instruments: () => ({ instruments: ['feed'] }),
    read: () => {
      reads += 1;
      return {
        lines: [{ point: 'power_w', register: '52', raw: '0001', value: reads, unit: 'W', age_ms: 0, trouble: null }],
      };
    },
    events: (asked: unknown) => {
      const { boot: known, after = 0 } = asked as { boot?: number; after?: number };
      return { boot, events: events.filter(({ n }) => known !== boot || n > after), more: false };
    },
  };
  const server = serveLocal({ path: socket, handlers, log: openLog('silent') });
  await start();
  const stop = () => server.stop();
  t.after(stop);
  return { socket, say, start, stop };
}

test(
  'top draws the rack on 80 columns, follows the window and the agent, and leaves the terminal as it was',
  needs('tmux', 'tmux'),
  async (t) => {
    const agent = await standIn(t);
    agent.say('locked out by hand');
    const terminal = await openTmux(t, { NO_COLOR: '1' });
    const top = `${bin} top --socket ${agent.socket}; echo "left with $?"`;
    await terminal.type(top);
    const lines = await terminal.shows(/q quit/);
    assert.match(lines[0] ?? '', /^rack r07 {2}curtailed {2,}\d\d:\d\d:\d\dZ$/);
    assert.match(lines[1] ?? '', /^power {4}5870 W metered, .*: stale; line 6000 W, 130 W below$/);
    assert.ok(lines.some((line) => /^m10 +unreachable .*it does not answer$/.test(line)));
    assert.ok(lines.some((line) => /^21:00:00Z {2}local .* m2: locked out by hand$/.test(line)));
    assert.equal(lines.length, 24);
    assert.ok(lines.every((line) => line.length <= 80));

    await terminal.press('w');
    await terminal.shows(/\[w watts\]/);
    await terminal.resize(120, 40);
    const wide = await terminal.shows(/(.*\n){39}q quit/);
    assert.equal(wide.length, 40);

    await agent.stop();
    await terminal.shows(/; seen \d+\.\d s ago, trying again/);
    await agent.start();
    agent.say('given back');
    const back = await terminal.shows(/m2: given back/);
    assert.doesNotMatch(back.join('\n'), /trying again/);

    await terminal.press('C-c');
    const after = await terminal.shows(/left with 0/);
    assert.doesNotMatch(after.join('\n'), /q quit/, 'what stood there before stands there again');

    const pid = join(dirname(agent.socket), 'pid');
    await terminal.type(
      `clear; sh -c 'echo $$ > ${pid}; exec ${bin} top --socket ${agent.socket}'; echo "ended with $?"`,
    );
    await terminal.shows(/q quit/);
    process.kill(Number(await readFile(pid, 'utf8')), 'SIGTERM');
    await terminal.shows(/ended with 0/);
    await terminal.type(`${bin} read --socket ${agent.socket}`);
    const read = await terminal.shows(/power_w .* [3-9] W\n/);
    assert.equal(read.filter((line) => line.startsWith('power_w')).length, 1, 'drawn over in place');
    await terminal.press('q');
    await terminal.type('stty -a');
    await terminal.shows(/ icanon [\s\S]* echo /);
  },
);

test('events --follow goes on over a restart of the agent, tells each event once, and Ctrl-C ends it', async (t) => {
  const agent = await standIn(t);
  agent.say('the first');
  agent.say('the second');
  const { socket } = agent;
  const following = startBallast('/', 'events', '--follow', '--last', '1', '--json', '--socket', socket);
  await following.heard('the second');
  agent.say('the third');
  await following.heard('the third');
  await agent.stop();
  await agent.start();
  agent.say('the fourth');
  await following.heard('the fourth');
  following.child.kill('SIGINT');
  const { code, out } = await following.ended;
  assert.equal(code, 0);
  const told = out.trim().split('\n');
  assert.deepEqual(
    told.map((line) => (JSON.parse(line) as { why: string }).why),
    ['the second', 'the third', 'the fourth'],
  );

  const once = await ballast('/', 'events', '--socket', socket);
  assert.deepEqual([once.code, once.out], [0, '21:00:00Z  local           5870 W  m2: the fourth\n']);
});
