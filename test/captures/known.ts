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
    peer: 'asic-rs',
    adapter: 'whatsminer-v3',
    field: 'uptime',
    reason: "`elapsed`, the time since mining began; uptimeS is the control board's (`bootup-time`)",
  },
  {
    peer: 'miningos',
    adapter: 'whatsminer-v3',
    field: 'env_temp',
    reason: 'a liquid-cooled miner: this is the air inside its closed case, not its inlet',
  },
  {
    peer: 'proto-fleet',
    adapter: 'vnish',
    field: 'model',
    reason: "the peer drops the make and the blanks; Identity has the device's own word",
  },
  {
    peer: 'proto-fleet',
    adapter: 'vnish',
    field: 'manufacturer',
    reason: 'VNish is firmware for Antminers; Identity has the maker of the machine',
  },
  {
    peer: 'proto-fleet',
    adapter: 'antminer',
    field: 'firmware_version',
    reason: 'written by hand: no reply of the case has that version; Identity has the file system’s',
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
  {
    peer: 'asic-rs',
    adapter: 'avalon',
    field: 'wattage',
    reason:
      'the peer takes the output of the power supply (the fifth number of PS), or its voltage; the seventh is the input, as WALLPOWER is where both are given',
  },
  {
    peer: 'asic-rs',
    adapter: 'avalon',
    field: 'serial_number',
    reason: 'the case has no reply to `version`, from which Ballast identifies a miner',
  },
  {
    peer: 'asic-rs',
    adapter: 'avalon',
    field: 'hashboards[0].board_temperature',
    reason: 'the peer takes the cooler end of the board, Ballast the hotter',
  },
  {
    peer: 'pyasic',
    adapter: 'avalon',
    field: 'fw_ver',
    reason: "the peer takes cgminer's version, which all Avalons share; Identity has the firmware's",
  },
  {
    peer: 'pyasic',
    adapter: 'avalon',
    field: 'hashrate',
    reason: 'the peer takes the mean since the start (GHSavg), Ballast the rate now (GHSspd)',
  },
  {
    peer: 'asic-rs',
    adapter: 'auradine',
    field: 'messages',
    reason: 'the peer takes the pattern of the lamps for a message; "Normal" is no fault',
  },
  {
    peer: 'asic-rs',
    adapter: 'elphapex',
    field: 'expected_hashrate',
    reason: "a bare number in the miner's own unit, MH/s; a reading has TH/s",
  },
  {
    peer: 'asic-rs',
    adapter: 'sealminer',
    field: 'hashrate',
    reason: 'the peer takes the mean since the start (`MHS av`), Ballast that of the last 30 s',
  },
  {
    peer: 'pyasic',
    adapter: 'elphapex',
    field: 'hashrate',
    reason: 'the peer takes the mean since the start (`rate_avg`), Ballast that of the last 5 s',
  },
];
