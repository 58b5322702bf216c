import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import type { Rule } from './imports.ts';
import { brokenRules } from './imports.ts';

const root = resolve(import.meta.dirname, '../..');
const rooms = ['config', 'platform', 'state', 'sense', 'decide', 'actuate', 'report'].map((room) => `agent/${room}`);

/** Data flows one way, sense -> state -> decide -> actuate -> report, and imports point down only. */
const house: readonly Rule[] = [
  // What travels runs in a browser too; what is pure needs nothing from outside.
  { room: 'protocol', values: [], packages: ['zod', 'canonicalize'] },
  { room: 'firmware-adapters', values: ['protocol'] },
  { room: 'agent/state', values: ['protocol'], packages: [] },
  { room: 'agent/platform', values: ['protocol'] },
  { room: 'agent/config', values: ['protocol', 'firmware-adapters'] },
  { room: 'agent/decide', values: ['protocol', 'agent/state'], types: ['agent/config'], packages: [] },
  {
    room: 'agent/sense',
    values: ['protocol', 'agent/state', 'agent/config', 'agent/platform'],
    types: ['firmware-adapters'],
  },
  {
    room: 'agent/actuate',
    values: ['protocol', 'agent/decide', 'agent/state', 'agent/config', 'agent/platform'],
    types: ['firmware-adapters'],
  },
  { room: 'agent/report', values: ['protocol', 'agent/state', 'agent/platform'], types: ['agent/config'] },
  // The same deciding over what was recorded.
  {
    room: 'agent/replay',
    values: ['protocol', 'agent/state', 'agent/decide'],
    types: ['agent/config'],
    packages: ['zod'],
  },
  // Alone makes hardware.
  {
    room: 'agent/rack',
    values: ['protocol', 'agent/config', 'firmware-adapters', 'agent/platform'],
    types: ['agent/state'],
  },
  // What a technician asks of hardware, in the agent that runs or in a process of its own.
  {
    room: 'agent/technician',
    values: ['protocol', 'agent/config', 'agent/platform', 'agent/rack', 'firmware-adapters'],
  },
  // One turn, and the parts around it.
  {
    room: 'agent/loop.ts',
    values: ['protocol', 'agent/state', 'agent/decide', 'agent/platform'],
    types: ['agent/config'],
  },
  {
    room: 'agent/commissioner.ts',
    values: ['agent/decide', 'agent/state', 'agent/platform'],
    types: ['protocol', 'agent/config', 'agent/loop.ts', 'agent/parts.ts'],
  },
  { room: 'agent/findings.ts', values: ['protocol', 'agent/state'], types: ['agent/platform'] },
  { room: 'agent/journal.ts', values: ['protocol', 'agent/decide'], types: ['agent/platform', 'agent/state'] },
  {
    room: 'agent/rehearse.ts',
    values: ['protocol', 'agent/sense', 'agent/decide'],
    types: ['agent/config', 'agent/state'],
  },
  { room: 'agent/running-rack.ts', values: ['agent/sense', 'agent/actuate'], types: [...rooms, 'agent/rack'] },
  { room: 'agent/broker-sessions.ts', values: ['protocol', 'agent/decide'], types: rooms },
  {
    room: 'agent/teller.ts',
    values: ['protocol', 'agent/decide', 'agent/platform', 'agent/report'],
    types: [...rooms, 'agent/loop.ts'],
  },
  {
    room: 'agent/agent.ts',
    values: [
      'protocol',
      ...rooms,
      'agent/replay',
      'agent/loop.ts',
      'agent/commissioner.ts',
      'agent/findings.ts',
      'agent/journal.ts',
      'agent/running-rack.ts',
      'agent/broker-sessions.ts',
      'agent/rehearse.ts',
      'agent/teller.ts',
    ],
    types: ['agent/rack', 'agent/parts.ts'],
  },
  { room: 'agent/parts.ts', values: [], types: ['protocol', ...rooms, 'agent/rack'] },
  // The process: alone knows paths.
  {
    room: 'agent/assemble.ts',
    values: [
      'protocol',
      'firmware-adapters',
      ...rooms,
      'agent/agent.ts',
      'agent/journal.ts',
      'agent/rack',
      'package.json',
    ],
    types: ['agent/parts.ts'],
  },
  { room: 'agent/job-verbs.ts', values: ['protocol', 'agent/platform'] },
  {
    room: 'agent/metrics.ts',
    values: ['protocol', 'agent/report', 'agent/platform'],
    types: ['agent/config', 'agent/parts.ts'],
  },
  {
    room: 'agent/local-verbs.ts',
    values: ['protocol', 'agent/platform', 'agent/technician'],
    types: ['agent/parts.ts', 'firmware-adapters'],
  },
  {
    room: 'agent/main.ts',
    values: [
      'protocol',
      ...rooms,
      'agent/assemble.ts',
      'agent/job-verbs.ts',
      'agent/local-verbs.ts',
      'agent/metrics.ts',
    ],
    types: ['agent/parts.ts'],
  },
  {
    // Looks at hardware where no agent runs: who holds a port, what answers at an address.
    room: 'agent/cli',
    values: [
      'protocol',
      'firmware-adapters',
      'agent/config',
      'agent/platform',
      'agent/replay',
      'agent/technician',
      'agent/rack',
      'agent/main.ts',
      'package.json',
    ],
  },
  // A static page: what it knows of the site it heard over the wire.
  { room: 'agent/console', values: ['protocol'], packages: ['preact', 'uplot', 'mqtt'] },
  // A simulator that shared our frames would share our mistakes.
  { room: 'test/simulator', values: ['protocol'] },
];

test('every import points down', () => {
  assert.deepEqual(brokenRules(root, house), []);
});

test('an import that points up is named with its file and its rule', () => {
  const rules: Rule[] = [
    { room: 'protocol', values: [], packages: ['zod'] },
    { room: 'agent/config', values: ['protocol'] },
    { room: 'agent/decide', values: ['protocol'], types: ['agent/config'] },
  ];
  const broken = inFolder(
    {
      'package.json': JSON.stringify({ imports: { '#protocol/*': './protocol/*', '#agent/*': './agent/*' } }),
      'protocol/order.ts': `import { readFileSync } from 'node:fs';\nimport * as z from 'zod';\nexport const order = [z, readFileSync];`,
      'agent/config/policy.ts': `export const policy = 1;\nexport type Policy = number;`,
      'agent/decide/fine.ts': `import { order } from '#protocol/order.ts';\nimport type { Policy } from '#agent/config/policy.ts';\nexport const fine = (policy: Policy) => [policy, order];`,
      'agent/decide/values.ts': `import { policy } from '../config/policy.ts';\nexport const values = policy;`,
      'agent/config/types.ts': `import type {\n  fine,\n} from '../decide/fine.ts';\nexport type Fine = typeof fine;`,
      'agent/config/beside.test.ts': `import { fine } from '../decide/fine.ts';\nexport default fine;`,
      'agent/config/test.ts': `import { help } from '../../test/support/help.ts';\nexport default help;`,
      'test/support/help.ts': `export const help = 1;`,
    },
    (folder) => brokenRules(folder, rules),
  );
  assert.deepEqual(broken, [
    'agent/config/test.ts imports test/support/help.ts: agent/config may import protocol',
    'agent/config/types.ts imports a type of agent/decide/fine.ts: agent/config may import protocol',
    'agent/decide/values.ts imports agent/config/policy.ts: agent/decide may import protocol, and types of agent/config',
    'protocol/order.ts imports node:fs: of packages, protocol may import zod',
  ]);
});

function inFolder<T>(files: Record<string, string>, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-imports-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
