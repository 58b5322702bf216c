import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostHealth } from './health.ts';
import { healthOf } from './health.ts';

const host: HostHealth = {
  uptimeS: 12.6,
  rssBytes: 1000,
  heapBytes: 500,
  loadPercent: undefined,
  memoryAvailableBytes: 4096,
  diskFreeBytes: undefined,
  cpuC: undefined,
};

test('health says what is not known as null, and counters in the case of the wire', () => {
  const pollers = new Map([['m01', { counts: { reads: 3, failures: 1, lastMs: undefined } }]]);
  const health = healthOf({ host, pollers, lagMs: 1.4, buses: { net: { requests: 2, lateReplies: 1 } } });
  assert.deepEqual([health.uptime_s, health.loop_lag_ms, health.host_cpu_c], [13, 1, null]);
  assert.deepEqual(health.sources, { m01: { reads: 3, failures: 1, last_ms: null } });
  assert.deepEqual(health.buses, { net: { requests: 2, late_replies: 1 } });
});
