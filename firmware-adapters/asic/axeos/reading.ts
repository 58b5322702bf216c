/** What AxeOS's `/api/system/info` says about a device, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, flag, macIn, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { gigaToTera } from '../miner-reading.ts';

/** Throws `AdapterError('malformed')` naming the field. */
export function readingOf(reply: unknown): Reading {
  const info = checked(infoReply, WHAT, reply);
  return withoutUndefined<Reading>({
    // Firmware before 2.14 cannot be paused and does not say.
    asleep: info.miningPaused,
    powerW: info.power,
    // An INA sensor on the board: what goes into the board, without the losses of the supply before it.
    powerFrom: info.power === undefined ? undefined : 'estimate',
    hashrateThs: gigaToTera(info.hashRate),
    ratedHashrateThs: gigaToTera(info.expectedHashrate) || undefined,
    chipMaxC: celsius(info.temp),
    boardC: celsius(info.vrTemp) === undefined ? undefined : [info.vrTemp ?? 0],
    fanRpm: info.fanrpm === undefined ? undefined : [info.fanrpm],
    uptimeS: info.uptimeSeconds,
    faults: [
      ...(info.overheat_mode ? ['overheat_mode: it has shut down from heat'] : []),
      ...(info.power_fault === undefined ? [] : [`power_fault: ${info.power_fault}`]),
    ],
  });
}

/** Throws `unsupported` for another web server. */
export function identityOf(reply: unknown): Identity {
  const info = checked(infoReply, WHAT, reply);
  if (info.ASICModel === undefined || info.version === undefined) {
    throw new AdapterError('unsupported', 'the device does not say that it runs AxeOS');
  }
  return withoutUndefined<Identity>({
    make: 'Bitaxe',
    model: info.deviceModel ?? info.ASICModel,
    firmware: info.axeOSVersion ?? info.version,
    mac: macIn(info.macAddr),
    hostname: info.hostname,
  });
}

const WHAT = '/api/system/info';

const infoReply = z.looseObject({
  ASICModel: words,
  deviceModel: words,
  version: words,
  axeOSVersion: words,
  macAddr: words,
  hostname: words,
  miningPaused: flag,
  /** Watts into the board. */
  power: quantity,
  /** GH/s. */
  hashRate: quantity,
  expectedHashrate: quantity,
  /** Degrees Celsius: chip, voltage regulator; -1 where there is no sensor. */
  temp: quantity,
  vrTemp: quantity,
  fanrpm: quantity,
  uptimeSeconds: quantity,
  /** 1 after it has shut down from heat. */
  overheat_mode: quantity,
  power_fault: words,
});

function celsius(degrees: number | undefined): number | undefined {
  return degrees === undefined || degrees === 0 || degrees === -1 ? undefined : degrees;
}
