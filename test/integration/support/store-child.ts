/** A process of its own that uses the store as `store.test.ts` tells it to, one JSON line a step. */
import { createInterface } from 'node:readline';
import { openLog } from '#agent/platform/log.ts';
import { openStore } from '#agent/platform/store.ts';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const store = openStore(process.argv[2] ?? '', {
  log: openLog('silent'),
  report: (event) => say({ event: event.kind }),
});
const { journal } = store.rack('r07');
await store.start();

for await (const verb of createInterface({ input: process.stdin })) {
  if (verb === 'load') say({ loaded: [...(await journal.load())] });
  else
    await journal.put('order', verb).then(
      () => say({ durable: verb }),
      (error) => say({ refused: error.kind, message: error.message }),
    );
}
await store.stop();
