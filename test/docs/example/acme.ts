/**
 * Acme OS, its web API on TCP 80.
 *
 * Models: A1, A1 Pro. Firmware: 2.14 and newer. Settings: none. There is no password, but the miner obeys only its own
 * network, so the controller must be in it.
 */
import * as z from 'zod';
import type { Firmware } from '#adapters/asic/miner-device.ts';
import { control, gentle, PlainMiner } from '#adapters/asic/miner-device.ts';
import type { Reading } from '#adapters/asic/miner-reading.ts';
import { gigaToTera } from '#adapters/asic/miner-reading.ts';
import type { AddressOptions } from '#adapters/asic/options.ts';
import { addressOptions } from '#adapters/asic/options.ts';
import { WebApi } from '#adapters/asic/web-api.ts';
import type { Adapter, Identity } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';
import { checked, flag, macIn, quantity, withoutUndefined, words } from '#adapters/transport/fields.ts';
import { HttpLine } from '#adapters/transport/http.ts';

const options = addressOptions(80);

export const acme: Adapter<AddressOptions> = {
  name: 'acme',
  kind: 'miner',
  options,
  open: ({ host, port }, context) => {
    const { connect, clock } = context;
    const api = new WebApi(new HttpLine({ host, port, connect, clock }), 5000);
    const post = (verb: string) => (signal: AbortSignal) => api.text(`/api/system/${verb}`, {}, signal);
    const firmware: Firmware = {
      renewMs: 10 * 60_000,
      identify: async (signal) => identityOf((await api.get(INFO, signal)).value),
      read: async (signal) => {
        const { value, repairs } = await api.get(INFO, signal);
        return { ...readingOf(value), repairs };
      },
      // settle_ms and residualW: measured on an A1 by its meter; a guess must say that it is one.
      controls: (line) => ({
        sleep: { ...control(line, 'lower', { ...gentle, settle_ms: 5000 }, post('pause')), residualW: 3 },
        wake: control(line, 'raise', { ...gentle, settle_ms: 10_000 }, post('resume')),
      }),
      close: () => api.close(),
    };
    return new PlainMiner(firmware, context);
  },
};

const INFO = '/api/system/info';

/** Loose: what we do not read may be as it likes. What we read is a number, or the reading is `malformed`. */
const infoReply = z.looseObject({
  ASICModel: words,
  version: words,
  macAddr: words,
  /** Watts, estimated on the board. */
  power: quantity,
  /** GH/s. */
  hashRate: quantity,
  miningPaused: flag,
});

/** Pure, and tested on literal replies. A field that is not given is absent, never zero. */
export function readingOf(reply: unknown): Reading {
  const { power, hashRate, miningPaused } = checked(infoReply, INFO, reply);
  return withoutUndefined<Reading>({
    asleep: miningPaused,
    powerW: power,
    powerFrom: power === undefined ? undefined : 'estimate',
    hashrateThs: gigaToTera(hashRate),
    faults: [],
  });
}

function identityOf(reply: unknown): Identity {
  const { ASICModel, version, macAddr } = checked(infoReply, INFO, reply);
  if (version === undefined) throw new AdapterError('unsupported', 'it does not say that it runs Acme OS');
  return withoutUndefined<Identity>({ make: 'Acme', model: ASICModel, firmware: version, mac: macIn(macAddr) });
}
