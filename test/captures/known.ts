/**
 * Expectations of peers that are wrong, or that Ballast answers differently on purpose. By firmware and field: none of
 * the data is repeated here. An entry that no longer makes a difference is reported, so that the list stays true.
 */
export type Known = {
  /** The peer whose expectation it is: how the case's id begins. */
  readonly peer: string;
  /** The adapter that the case belongs to. */
  readonly adapter: string;
  /** The peer's name for it, plain: `serial_number`. */
  readonly field: string;
  readonly reason: string;
};

export const known: readonly Known[] = [
  {
    peer: 'asic-rs',
    adapter: 'whatsminer-v2',
    field: 'uptime',
    reason: "`Elapsed`, the time since mining began; uptimeS is the control board's (`Uptime`)",
  },
  {
    peer: 'proto-fleet',
    adapter: 'whatsminer-v2',
    field: 'model',
    reason: "the peer drops the underscore between model and version; Identity has the device's own word",
  },
  {
    peer: 'proto-fleet',
    adapter: 'whatsminer-v2',
    field: 'manufacturer',
    reason: 'WhatsMiner is the brand of MicroBT',
  },
  {
    peer: 'miningos',
    adapter: 'whatsminer-v2',
    field: 'temperature_c.ambient',
    reason: 'a liquid-cooled miner: `Env Temp` is the air inside its closed case, not its inlet',
  },
  {
    peer: 'miningos',
    adapter: 'whatsminer-v2',
    field: 'pcb[0..3]',
    reason: 'each board alone would take `edevs`, a round trip more at every look that decides nothing',
  },
  {
    peer: 'miningos',
    adapter: 'whatsminer-v2',
    field: 'uptime_ms',
    reason: "`Elapsed`, the time since mining began; uptimeS is the control board's (`Uptime`)",
  },
];
