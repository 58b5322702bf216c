import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOutlets } from './write-outlets.ts';

const CONFIG = `# rack 7
site: tx1
devices:
  # by the door
  - {id: m01, adapter: luxos, host: 10.0.1.11, rated_w: 3400}
  - id: m02 # the loud one
    adapter: luxos
    outlets: [pdu-a/1]
`;

test('the outlets that were seen go into the config, and every comment stays', () => {
  const seen = new Map([
    ['m01', ['pdu-a/3', 'pdu-b/3']],
    ['m02', ['pdu-a/2']],
    ['m09', []],
  ]);
  const { text, changed } = withOutlets(CONFIG, seen);
  assert.deepEqual(changed, ['m01', 'm02']);
  assert.equal(
    text,
    CONFIG.replace('rated_w: 3400}', 'rated_w: 3400, outlets: [pdu-a/3, pdu-b/3]}').replace('[pdu-a/1]', '[pdu-a/2]'),
  );
});

test('a config that says so already is left as it is, to the byte', () => {
  assert.deepEqual(withOutlets(CONFIG, new Map([['m02', ['pdu-a/1']]])), { text: CONFIG, changed: [] });
});
