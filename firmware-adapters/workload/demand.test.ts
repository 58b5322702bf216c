import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandIn, sglangMetrics, tgiMetrics, tritonMetrics, vllmMetrics } from './demand.ts';

const VLLM_PAGE = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a{b} c"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 7.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.42
vllm:request_queue_time_seconds_bucket{le="0.3"} 90.0
vllm:request_queue_time_seconds_sum{engine="0"} 120.0
vllm:request_queue_time_seconds_count{engine="0"} 60.0
`;

test('a page tells what waits, what runs, over all its engines, and how full the cache is', () => {
  assert.deepEqual(demandIn(VLLM_PAGE, vllmMetrics).demand, { waiting: 7, running: 5, cacheUse: 0.42 });
});

test('how long requests waited comes of two looks, and not of a server that was started anew in between', () => {
  const { queue } = demandIn(VLLM_PAGE, vllmMetrics);
  const later = VLLM_PAGE.replace('_sum{engine="0"} 120', '_sum{engine="0"} 150').replace(
    '_count{engine="0"} 60',
    '_count{engine="0"} 70',
  );
  assert.equal(demandIn(later, vllmMetrics, queue).demand.queueTimeS, 3);
  assert.equal('queueTimeS' in demandIn(VLLM_PAGE, vllmMetrics, queue).demand, false);
  const anew = { sumS: 900, count: 10 };
  assert.equal('queueTimeS' in demandIn(VLLM_PAGE, vllmMetrics, anew).demand, false);
});

test('a metric that is missing, or no number, is unknown and not zero', () => {
  assert.deepEqual(demandIn('', vllmMetrics).demand, {});
  assert.deepEqual(
    demandIn('vllm:num_requests_waiting NaN\nvllm:num_requests_running{a="b"}\n', vllmMetrics).demand,
    {},
  );
});

test('the cache’s older name counts where the newer is not there', () => {
  assert.deepEqual(demandIn('vllm:gpu_cache_usage_perc 0.5', vllmMetrics).demand, { cacheUse: 0.5 });
});

test('each engine is read under its own names', () => {
  assert.deepEqual(demandIn('sglang:num_queue_reqs 4\nsglang:token_usage 0.1', sglangMetrics).demand, {
    waiting: 4,
    cacheUse: 0.1,
  });
  assert.deepEqual(demandIn('tgi_queue_size 2\ntgi_batch_current_size 8', tgiMetrics).demand, {
    waiting: 2,
    running: 8,
  });
  assert.deepEqual(demandIn('nv_inference_pending_request_count{model="m"} 5', tritonMetrics).demand, { waiting: 5 });
});
