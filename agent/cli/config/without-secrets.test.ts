import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from './without-secrets.ts';

test('names of files stay, and whatever is a secret itself is left out, also in a URL', () => {
  const config = {
    broker: { urls: ['mqtts://rack:hunter2@broker:8883/x', 'mqtt://broker'], key: 'r07.key', password_file: 'b.pw' },
    workloads: [{ url: 'http://tok@127.0.0.1:8000', api_key: 'sk-1', token_file: 't', tier: 1 }],
  };
  assert.deepEqual(withoutSecrets(config), {
    broker: {
      urls: ['mqtts://(hidden)@broker:8883/x', 'mqtt://broker'],
      key: 'r07.key',
      password_file: 'b.pw',
    },
    workloads: [{ url: 'http://(hidden)@127.0.0.1:8000', api_key: '(hidden)', token_file: 't', tier: 1 }],
  });
});
