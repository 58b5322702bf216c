/** What the GraphQL interface of Braiins OS says about a miner, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Identity, Pool } from '../../contract.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, highest, megaToTera } from '../miner-reading.ts';

/** All that a reading needs in one request. */
export const READING_QUERY = `{
  bos { hostname uptime { durationS } info { version { full } } }
  bosminer { info {
    workSolver {
      realHashrate { mhs5S } nominalMhs
      childSolvers { name temperatures { name degreesC } }
    }
    fans { name rpm }
    summary { power { limitW approxConsumptionW } }
    poolGroups { name pools { url user status active } }
  } }
}`;

/** From 25.03 on. */
export const EVENTS_QUERY = '{ events { appeals { kind message } } }';

/** Throws `AdapterError('malformed')` naming the field. */
export function readingOf(system: unknown, events: unknown): Reading {
  const { bos, bosminer } = checked(systemData, 'the system query', system);
  const info = bosminer?.info;
  const solver = info?.workSolver;
  const powerW = info?.summary?.power?.approxConsumptionW;
  const temperatures = (solver?.childSolvers ?? []).map((child) => child.temperatures ?? []);
  const boardC = present(temperatures.map((each) => hottestNamed(each, 'board')));
  const chipC = present(temperatures.map((each) => hottestNamed(each, 'chip')));
  // Places of fans that the model does not have read 0.
  const fanRpm = present((info?.fans ?? []).map(({ rpm }) => rpm)).filter((rpm) => rpm > 0);
  return withoutUndefined<Reading>({
    // A stopped bosminer has nothing that works; one that was not asked leaves it open.
    asleep: bosminer === undefined ? undefined : bosminer === null || info === null || solver === null,
    powerW: powerW ?? undefined,
    powerFrom: powerW === undefined ? undefined : 'estimate',
    limit: info?.summary?.power?.limitW,
    hashrateThs: megaToTera(solver?.realHashrate?.mhs5S),
    ratedHashrateThs: megaToTera(solver?.nominalMhs) || undefined,
    chipMaxC: highest(chipC),
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: bos?.uptime?.durationS,
    pools: info?.poolGroups ? info.poolGroups.flatMap(({ pools }) => present((pools ?? []).map(poolOf))) : undefined,
    faults: faultsIn(events),
  });
}

/** `network` is LuCI's page of the interface; absent where it was not to be had. */
export function identityOf(system: unknown, network: unknown): Identity {
  const { bos } = checked(systemData, 'the system query', system);
  const [lan] = checked(networkPage, 'iface_status', network ?? []);
  const version = bos?.info?.version?.full;
  return withoutUndefined<Identity>({
    // Before REST it ran on Antminers alone.
    make: 'Bitmain',
    firmware: version === undefined ? 'Braiins OS' : `Braiins OS ${version}`,
    mac: macIn(lan?.macaddr),
    hostname: bos?.hostname,
  });
}

/** "Board" and "Chip" once, `MAX_BOARD` and `MAX_CHIP` from 25.05 on. */
function hottestNamed(temperatures: z.infer<typeof temperature>[], what: 'board' | 'chip'): number | undefined {
  const found = temperatures.filter(({ name }) => name?.toLowerCase().includes(what));
  return highest(found.map(({ degreesC }) => degreesC));
}

function poolOf({ url, user, status, active }: z.infer<typeof pool>): Pool | undefined {
  if (url === undefined) return undefined;
  const alive = status === undefined ? undefined : ['alive', 'running', 'active'].includes(status.toLowerCase());
  return withoutUndefined<Pool>({ url, user, alive, active: active ?? undefined });
}

function faultsIn(events: unknown): string[] {
  const appeals = checked(eventsData, 'the events query', events ?? {}).events?.appeals ?? [];
  return present(
    appeals.map(({ kind, message }) => (kind?.toLowerCase() === 'error' ? (message ?? 'error') : undefined)),
  );
}

const temperature = z.looseObject({ name: words, degreesC: quantity });
const pool = z.looseObject({ url: words, user: words, status: words, active: z.boolean().nullish() });

const systemData = z.looseObject({
  bos: z
    .looseObject({
      hostname: words,
      /** Seconds. */
      uptime: z.looseObject({ durationS: quantity }).nullish(),
      info: z.looseObject({ version: z.looseObject({ full: words }).nullish() }).nullish(),
    })
    .nullish(),
  bosminer: z
    .looseObject({
      info: z
        .looseObject({
          workSolver: z
            .looseObject({
              /** MH/s. */
              realHashrate: z.looseObject({ mhs5S: quantity }).nullish(),
              nominalMhs: quantity,
              childSolvers: z.array(z.looseObject({ temperatures: z.array(temperature).nullish() })).nullish(),
            })
            .nullish(),
          fans: z.array(z.looseObject({ rpm: quantity })).nullish(),
          summary: z
            .looseObject({ power: z.looseObject({ limitW: quantity, approxConsumptionW: quantity }).nullish() })
            .nullish(),
          poolGroups: z.array(z.looseObject({ pools: z.array(pool).nullish() })).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
const eventsData = z.looseObject({
  events: z.looseObject({ appeals: z.array(z.looseObject({ kind: words, message: words })).nullish() }).nullish(),
});
const networkPage = z.array(z.looseObject({ macaddr: words }));
