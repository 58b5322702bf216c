/** A technician puts register maps into the folder of an agent that runs. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '#test/demo/broker.ts';
import { openSite } from './support/site.ts';

const MODEL = 'eastron-sdm630.json';

test('a map put into the folder is read by at once, a wrong one is refused by point and rule, and the old goes on', {
  timeout: 60_000,
}, async (t) => {
  const broker = await startBroker({ mqtt: 0, web: 0 });
  t.after(() => broker.stop());
  const { files, watcher, rack, startReady } = await openSite(t, { url: broker.url, protocolVersion: 4, noise: false });
  const folder = join(files.folder, 'maps');
  await mkdir(folder);
  await appendFile(files.config, '\nmaps: maps\n');
  await startReady();
  const metered = (from: number, to: number) =>
    watcher.next('power', ({ power_w, power_from }) => {
      const share = (power_w ?? 0) / rack.watts();
      return power_from === 'metered' && share > from && share < to;
    });
  await metered(0.9, 1.1);

  const shipped = await readFile(new URL(`../../firmware-adapters/modbus/maps/${MODEL}`, import.meta.url), 'utf8');
  const map = JSON.parse(shipped) as { points: { key: string; scale?: number; unit: string }[] };
  const power = map.points.find(({ key }) => key === 'power_w');
  assert.ok(power);
  const halved = metered(0.45, 0.55);
  power.scale = 0.5;
  await writeFile(join(folder, MODEL), JSON.stringify(map));
  await halved;

  const refused = watcher.next('alarm', ({ alarm }) => alarm === 'files-refused');
  power.unit = 'V';
  await writeFile(join(folder, MODEL), JSON.stringify(map));
  assert.match((await refused).message, /the register map has a mistake: power_w: unit: V does not measure power_w/);
  await metered(0.45, 0.55);

  const cleared = watcher.cleared('files-refused');
  const whole = metered(0.9, 1.1);
  await rm(join(folder, MODEL));
  await Promise.all([cleared, whole]);

  const unused = watcher.next('alarm', ({ alarm }) => alarm === 'maps-refused');
  await writeFile(join(folder, 'acme.json'), '{');
  assert.match((await unused).message, /acme\.json {2}json: /);
});
