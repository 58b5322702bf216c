/** What every verb says of what it cannot do: one sentence, the fix, and the exit code. In one process, by its words. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '#agent/cli/command-line.ts';
import type { Choices } from '#agent/cli/completion/choices.ts';
import { allOf, choicesOf } from '#agent/cli/completion/choices.ts';
import { createProgram } from '#agent/cli/program.ts';
import type { Terminal } from '#agent/cli/terminal.ts';
import { writeKeyPair } from '#agent/config/keys.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { LocalServer } from '#agent/platform/local-socket.ts';
import { serveLocal } from '#agent/platform/local-socket.ts';
import { openLog } from '#agent/platform/log.ts';

type Ran = { code: number; out: string; err: string[] };

/** Nobody waits a quarter of a minute for a broker that is not there. */
const impatient = {
  ...systemClock,
  after: (name: string, ms: number, work: () => void) => systemClock.after(name, Math.min(ms, 500), work),
};

async function run(...words: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => void out.push(text),
    note: (text) => void err.push(...text.split('\n')),
    over: () => {},
    width: 80,
    tint: (_tint, text) => text,
  };
  const code = await runCommandLine(words, { terminal, clock: impatient });
  return { code, out: out.join('\n'), err };
}

/** `error: ...` first, and last what to do about it. */
function isTold(ran: Ran, what: string, code: number, message: RegExp): void {
  const said = ran.err.join('\n');
  assert.equal(ran.code, code, `${what}: ${said}`);
  assert.match(said, message, what);
  assert.match(ran.err.find((line) => line.startsWith('error: ')) ?? '', /^error: \S/, what);
  assert.match(ran.err.at(-1) ?? '', /^\(.+\)$/, `${what} does not say what to do: ${said}`);
  assert.doesNotMatch(said, /unforeseen|\n {4}at /, what);
}

/** What a verb cannot do without, so that it gets as far as its files. */
const needed: Readonly<Record<string, string[]>> = {
  'discover miners': ['127.0.0.1'],
  'keys new': ['k'],
  'map check': ['none.json'],
  'map test': ['none.json', '--unit', '1'],
  completion: ['bash'],
  lockout: ['m01'],
  manual: ['--off'],
  order: ['--to', 'all'],
  replay: ['none.jsonl'],
  run: ['--workload', 'train', '--token-file', 'none.token', '--', 'true'],
};

describe('messages', () => {
  let folder = '';
  let verbs: Choices[] = [];
  let taken: Server;
  let standing: LocalServer;
  const at = (file: string) => join(folder, file);
  const having = (flag: string, ...but: string[]) =>
    verbs.filter(({ path, flags }) => flags.some(({ names }) => names.includes(flag)) && !but.includes(path.join(' ')));
  const wordsOf = ({ path }: Choices) => [...path, ...(needed[path.join(' ')] ?? [])];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-messages-'));
    await writeKeyPair(folder, 'qse-2026');
    await run('init', '-c', at('config.yaml'), '--site', 'tx1', '--rack', 'r07', '--broker', 'mqtt://127.0.0.1:9');
    await writeFile(
      at('operator.yaml'),
      'broker: {url: "mqtt://127.0.0.1:9"}\nsite: tx1\nissuer: qse\nprogram: ecrs\nkey: qse-2026.key\n',
    );
    await writeFile(at('secret'), 'hunter2\n');
    const config = await readFile(at('config.yaml'), 'utf8');
    await writeFile(at('blocked.yaml'), config.replace('run/ballast.sock', 'secret'));
    const terminal = {} as Terminal;
    const program = choicesOf(await createProgram({ terminal, clock: systemClock }));
    verbs = allOf(program).filter(({ path, commands }) => path.length > 0 && commands.length === 0);
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    standing = serveLocal({ path: at('run/ballast.sock'), handlers: {}, log: openLog('silent') });
    await standing.start();
  });
  after(async () => {
    taken.close();
    await standing.stop();
    await rm(folder, { recursive: true });
  });

  test('of a flag that no verb has', async () => {
    for (const verb of verbs) {
      const words = wordsOf(verb);
      const split = words.indexOf('--') < 0 ? words.length : words.indexOf('--');
      const ran = await run(...words.slice(0, split), '--nonsense', ...words.slice(split));
      isTold(ran, words.join(' '), 2, /unknown option '--nonsense'/);
      assert.equal(ran.out, '');
    }
  });

  test('of a config that is not there', async () => {
    // `init` writes it, and `discover modbus` can do without.
    for (const verb of having('--config', 'init', 'discover modbus', 'run', 'top')) {
      const ran = await run(...wordsOf(verb), '--config', at('none/config.yaml'));
      if (verb.path[0] === 'doctor' || verb.path.join(' ') === 'config check') {
        assert.match(ran.out, /there is no .*none\/config\.yaml/);
        isTold(ran, verb.path.join(' '), 1, /^error: 2 (problems|things need mending)/);
      } else isTold(ran, verb.path.join(' '), 1, /there is no .*none\/config\.yaml/);
    }
  });

  test('of an agent that does not run', async () => {
    for (const verb of having('--socket', 'read', 'discover modbus', 'run', 'top')) {
      const ran = await run(...wordsOf(verb), '--socket', at('nobody.sock'));
      isTold(ran, verb.path.join(' '), 1, /^error: no agent runs here \(nobody answers on .*nobody\.sock\)/);
    }
  });

  const rows: [what: string, words: () => string[], code: number, message: RegExp][] = [
    ['no verb at all', () => ['ordr'], 2, /unknown command 'ordr'/],
    ['top without a terminal', () => ['top', '--socket', at('nobody.sock')], 2, /there is no terminal to draw on/],
    ['init without a terminal', () => ['init', '-c', at('new/config.yaml')], 2, /no site, no rack, no broker is given/],
    ['init where there is a config', () => ['init', '-c', at('config.yaml')], 1, /is there already and stays as it is/],
    ['init with a name that is none', () => ['init', '-c', at('x/c.yaml'), '--site', 'TX 1'], 2, /"TX 1" is no name/],
    ['a second agent', () => ['agent', '-c', at('config.yaml')], 1, /an agent already runs on .*ballast\.sock/],
    [
      'a file where the socket goes',
      () => ['agent', '-c', at('blocked.yaml')],
      1,
      /secret is in the way: it is not a socket/,
    ],
    ['a key in place of the config', () => ['agent', '-c', at('qse-2026.key')], 1, /holds no sections with keys/],
    ['another verb of the agent', () => ['status', '-c', at('config.yaml')], 1, /does not know 'status'/],
    ['a key that is there already', () => ['keys', 'new', 'qse-2026', '-o', folder], 1, /is there already/],
    ['a key with no name', () => ['keys', 'new', 'QSE'], 2, /cannot name a key/],
    ['an order without a level', () => ['order', '--operator', at('operator.yaml'), '--to', 'all'], 2, /has no level/],
    [
      'an operator’s file that is none',
      () => ['order', '--operator', at('secret'), '--to', 'all'],
      1,
      /holds no sections/,
    ],
    [
      'a broker that is down',
      () => ['order', '--operator', at('operator.yaml'), '--to', 'all', '--ceiling', '40%', '--for', '1m'],
      1,
      /no connection to the broker mqtt:\/\/127\.0\.0\.1:9/,
    ],
    ['a map that is none', () => ['map', 'check', at('secret')], 1, /it is no JSON/],
    ['a map without a wire', () => ['map', 'test', shippedMap, '--unit', '1'], 2, /exactly one wire must be named/],
    ['a unit that is none', () => ['map', 'test', shippedMap, '--unit', '999', '--tcp', 'x'], 2, /999 is no unit/],
    ['a recording that is none', () => ['replay', at('secret')], 1, /line 1: this is no line of a recording/],
    ['a network that is none', () => ['discover', 'miners', 'rack'], 2, /rack is neither an address nor a network/],
    [
      'a port that is not there',
      () => ['discover', 'modbus', '--port', '/dev/none', '-c', at('x')],
      1,
      /nothing answered/,
    ],
    ['both on and off', () => ['record', '--on', '--off'], 2, /cannot be both on and off/],
    ['by hand for how long', () => ['manual'], 2, /for how long/],
    [
      'a shell that is none',
      () => ['completion', 'tcsh'],
      2,
      /shell tcsh makes no sense\n\(allowed choices are bash, zsh, fish\)/,
    ],
    [
      'a number that is none',
      () => ['events', '--last', 'x', '--socket', at('nobody.sock')],
      2,
      /--last x is no number/,
    ],
    ['a token that is not there', () => ['run', ...(needed['run'] ?? [])], 1, /there is no none\.token/],
    [
      'an address that is taken',
      () => ['console', '--listen', `127.0.0.1:${portOf(taken)}`],
      1,
      /is taken|is not built/,
    ],
  ];
  for (const [what, words, code, message] of rows) {
    test(`of ${what}`, async () => {
      const ran = await run(...words());
      isTold(ran, what, code, message);
      assert.doesNotMatch(ran.out + ran.err.join(), /hunter2|MC4C/, 'nothing of the file itself');
    });
  }
});

const shippedMap = join(import.meta.dirname, '../../firmware-adapters/modbus/maps/eastron-sdm630.json');

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}
