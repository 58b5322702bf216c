/** A process of its own: Eastron SDM630s on loopback that answer after 10 ms. `node meters.ts COUNT` */
import { systemClock } from '#agent/platform/clock.ts';
import { createRack } from '#test/simulator/rack.ts';

export type FromMeters = { readonly kind: 'listening'; readonly ports: readonly number[] };

if (import.meta.main) {
  const racks = Array.from({ length: Number(process.argv[2]) }, (_, i) =>
    createRack({ clock: systemClock, miners: [], otherLoadsW: 1000 * (i + 1), noiseSeed: i + 1 }),
  );
  const addresses = await Promise.all(racks.map((rack) => rack.listen()));
  process.once('disconnect', () => process.exit());
  const ports = addresses.map((each) => each.get('feed')?.port ?? 0);
  process.send?.({ kind: 'listening', ports } satisfies FromMeters);
}
