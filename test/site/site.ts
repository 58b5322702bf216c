/**
 * A site of many racks in one process: each has the agent as it is, on hardware without wires. What it publishes and how
 * it obeys cannot differ from a real rack's, since nothing here knows what an agent says.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import { createAgent } from '#agent/agent.ts';
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import type { Agent, AgentParts } from '#agent/parts.ts';
import { openSession } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { openIdentity } from '#agent/platform/identity.ts';
import { openLog } from '#agent/platform/log.ts';
import { systemRandom } from '#agent/platform/random.ts';
import { steadyClock } from '#agent/platform/steady-clock.ts';
import { bytesToSign, fromBase64Url, signMessage } from '#protocol/signing.ts';
import type { Millis } from '#protocol/units.ts';
import { seededNoise } from '#test/simulator/noise.ts';
import { MemoryRecordings } from '#test/support/memory-recordings.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import type { Character } from './characters.ts';
import { characterOf } from './characters.ts';
import type { Ailment, Trunk } from './trunk.ts';
import type { VirtualParts } from './virtual-rack.ts';
import { virtualRack } from './virtual-rack.ts';

export type SiteOptions = {
  readonly site: string;
  readonly racks: number;
  readonly minersPerRack: number;
  readonly issuer: string;
  /** Of that issuer. */
  readonly keys: IssuerKeys;
  readonly clock: Clock;
  readonly trunk: Trunk;
  /** Over which the return after an order is spread, seconds. */
  readonly restoreWindowS: number;
  /** How many times slower racks tick and read than real ones: 2 halves the work, and figures stay fresh. */
  readonly slower: number;
};

export type SiteRack = { readonly id: string; readonly character: Character; readonly agent: Agent };

const ROWS = 'abcdefghij';
/** Racks begin one after the other, so that they do not tick in step. */
const STARTED_WITHIN_MS: Millis = 1000;
/** Those that fall silent have told everything by then. */
const LIVES_MS: Millis = 8000;
const log = openLog('silent');

export class Site {
  readonly racks: readonly SiteRack[] = [];
  readonly #options: SiteOptions;
  readonly #timers: (() => void)[] = [];

  private constructor(options: SiteOptions, racks: readonly SiteRack[]) {
    this.#options = options;
    this.racks = racks;
  }

  static async of(options: SiteOptions): Promise<Site> {
    const map = parseRegisterMap(
      readFileSync(new URL('../../firmware-adapters/modbus/maps/eastron-sdm630.json', import.meta.url), 'utf8'),
      'eastron-sdm630.json',
    );
    const virtual = { clock: options.clock, noise: seededNoise(11, 1000), map };
    const places = Array.from({ length: options.racks }, (_, i) => i + 1);
    return new Site(options, await Promise.all(places.map((place) => siteRack(place, options, virtual))));
  }

  async start(): Promise<void> {
    const { clock, trunk } = this.#options;
    for (const { id, character, agent } of this.racks) {
      if (character === 'deaf' || character === 'garbled') trunk.ail(id, character);
      await agent.start();
      await clock.sleep(STARTED_WITHIN_MS / this.racks.length);
    }
    this.#timers.push(clock.after('the lost ones', LIVES_MS, () => void this.#lose()));
  }

  /** Every `nth` rack falls silent without a word, or comes back; those that are out of order anyway stay as they are. */
  ail(nth: number, ailment: Extract<Ailment, 'none' | 'mute'>): void {
    const some = this.racks.filter(({ character }, i) => i % nth === 0 && character === 'sound');
    for (const { id } of some) this.#options.trunk.ail(id, ailment);
  }

  async stop(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    await Promise.all(this.racks.map(({ agent }) => agent.stop()));
  }

  async #lose(): Promise<void> {
    const { trunk } = this.#options;
    for (const { id, character, agent } of this.racks) {
      if (character === 'frozen') trunk.ail(id, 'mute');
      if (character !== 'gone') continue;
      trunk.ail(id, 'mute');
      await agent.stop();
      await trunk.bury(id);
    }
  }
}

async function siteRack(place: number, options: SiteOptions, virtual: VirtualParts): Promise<SiteRack> {
  const { site, minersPerRack, keys, trunk } = options;
  const id = `r${String(place).padStart(4, '0')}`;
  const character = characterOf(place);
  const store = new MemoryStore().rack(id);
  const clock = steadyClock(slowed(options.clock, options.slower), { quality: () => 'good', notBefore: 0 });
  const instance = randomBytes(8).toString('hex');
  const identity = await openIdentity({ journal: store.journal, instance, wallMs: clock.wall(), log });
  const agent = createAgent({
    site,
    rackId: id,
    groups: [`row-${ROWS[place % ROWS.length]}`],
    version: 'simulated',
    configHash: 'none',
    policy: policyOf(character, options),
    keys,
    rack: virtualRack({ id, character, miners: minersPerRack, slower: options.slower }, virtual),
    clock,
    log,
    store,
    recordings: new MemoryRecordings(),
    identity,
    ...ownKey(),
    brokers: [
      (handlers) => {
        const parts = { clock, log, random: systemRandom, connections: identity.connections };
        return openSession({ url: 'mqtt://site', clientId: id }, handlers, parts, trunk.openLink);
      },
    ],
    host: () => ({
      uptimeS: clock.monotonic() / 1000,
      rssBytes: 90e6,
      heapBytes: 20e6,
      loadPercent: 3,
      memoryAvailableBytes: 700e6,
      diskFreeBytes: 20e9,
      cpuC: 51,
    }),
    processAlarms: () => new Map(),
    alive: () => {},
    ...(place > 1 && { rehearsed: true }),
  });
  return { id, character, agent };
}

/** A rack's own tick comes less often; everything else has its time. */
function slowed(clock: Clock, times: number): Clock {
  return { ...clock, every: (name, ms, work) => clock.every(name, name === 'tick' ? times * ms : ms, work) };
}

function policyOf(character: Character, { issuer, keys, restoreWindowS, slower }: SiteOptions): Policy {
  return policySchema.parse({
    ...(character !== 'observing' && { commissioning: 'waived' }),
    limits: { min_w: 300, restore_window_s: restoreWindowS },
    issuers: [
      {
        id: issuer,
        keys: [...keys.keys()].map((kid) => `${kid}.pub`),
        may: ['ceiling', 'shed', 'setpoint'],
        programs: character === 'refusing' ? ['maintenance'] : ['ecrs', '4cp'],
      },
    ],
    thermal: { inlet_warn_c: 36, inlet_trip_c: 48 },
    // A mean takes three readings at the least.
    meter_window_s: 5 * slower,
    baseline_window_s: 10 * slower,
    clock: 'trusted',
  });
}

/** A rack's own, as it would be on its disk. */
function ownKey(): Pick<AgentParts, 'publicKey' | 'seal' | 'sealed'> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = String(publicKey.export({ format: 'jwk' }).x);
  const kid = createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 16);
  return {
    publicKey: x,
    seal: (message) => signMessage(message, kid, (bytes) => sign(null, bytes, privateKey)),
    sealed: (message) => {
      const { signature } = message as { signature?: { kid: string; value: string } };
      const value = fromBase64Url(signature?.value ?? '');
      return signature?.kid === kid && verify(null, bytesToSign(message), publicKey, value);
    },
  };
}
