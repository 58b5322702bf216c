/** What can be made to go wrong, switched at run time: `rack.miner('m01').faults.silent = true`. */
import type { Millis } from '#protocol/units.ts';

/** Faults of any device that answers requests. */
type ReplyFaults = {
  /** Takes what is sent, and never answers. */
  silent: boolean;
  /** Acts in its usual time, but answers this long after the request; stock firmware has been seen to take 21 s. */
  answersAfterMs: Millis | undefined;
};

/** Faults of any device on a network. */
export type ConnectionFaults = ReplyFaults & {
  /** Reads the request, then closes without a word. */
  closesWithoutReply: boolean;
  /** Nobody listens: in memory the connection is refused, over TCP it is destroyed as soon as it stands. */
  refusesConnections: boolean;
};

export type MinerFaults = ConnectionFaults & {
  /** Acknowledges every command and does nothing. */
  ignoresCommands: boolean;
  /** Refuses to sleep with an error, and obeys everything else. */
  refusesSleep: boolean;
  /** The first half of each reply is lost on the way. */
  brokenJson: boolean;
  /** Forgets the comma between the objects of a list, as cgminer's firmwares do: `}{`. */
  forgetsCommas: boolean;
  /** Has no mean hash rate and says a bare `nan`, which is not JSON. */
  bareNan: boolean;
  /** Ends its replies with the object itself: no NUL, and the connection stays open. */
  endsWithoutNul: boolean;
  /** Answers every log-in, and what needs one, with 429: too many wrong passwords, by whomever. */
  lockedOut: boolean;
  /** Restarts as the next command that changes something comes in, before it acts or answers. */
  rebootsInMidCommand: boolean;
  /** Another machine, with this MAC, has taken the address. */
  otherMac: string | undefined;
};

export type WhatsminerFaults = MinerFaults & {
  /** Refuses every write: 132 command error, 45 permission denied. */
  refusesWith: 132 | 45 | undefined;
};

/** Faults of anything that answers Modbus, on a network or on a serial line. */
export type ModbusFaults = ConnectionFaults & {
  /** Answers every request with this Modbus exception. */
  exception: number | undefined;
  /** Sends every reply twice. */
  duplicatesReplies: boolean;
  /** Sends the previous reply again, before each new one; over TCP with its old transaction id. */
  repeatsPreviousReply: boolean;
};

export type SensorFaults = ModbusFaults & {
  /** Goes on answering with the registers it served last. */
  frozen: boolean;
};

export type MeterFaults = SensorFaults & {
  /** Every value is not a number. */
  nan: boolean;
  /** What its current transformers make of the watts: -1 for ones that are turned round, 0.5 for a wrong ratio. */
  ctRatio: number;
};

export type PduFaults = ModbusFaults & {
  /** Acknowledges switching and does not move a relay. */
  ignoresCommands: boolean;
};

/** Faults of a serial line; they touch the replies of every device on it. */
export type SerialFaults = {
  /** How many bytes at the end of each reply are lost. */
  losesLastBytes: number;
  /** The byte of each reply, from 0, whose lowest bit arrives flipped. */
  flipsByte: number | undefined;
  /** Bytes that come before each reply: the driver makes them as it takes the line. */
  noiseBefore: Uint8Array;
  /** Bytes that come after each reply: the line floats once the driver lets go. */
  noiseAfter: Uint8Array;
  /** The master hears what it says, as behind a two-wire adapter that does not mute its receiver. */
  echoesRequests: boolean;
};

export function healthyMiner(): MinerFaults {
  return {
    ...healthyConnection(),
    ignoresCommands: false,
    refusesSleep: false,
    brokenJson: false,
    forgetsCommas: false,
    bareNan: false,
    endsWithoutNul: false,
    lockedOut: false,
    rebootsInMidCommand: false,
    otherMac: undefined,
  };
}

export function healthyWhatsminer(): WhatsminerFaults {
  return { ...healthyMiner(), refusesWith: undefined };
}

export function healthyMeter(): MeterFaults {
  return { ...healthySensor(), nan: false, ctRatio: 1 };
}

export function healthySensor(): SensorFaults {
  return { ...healthyModbus(), frozen: false };
}

export function healthyPdu(): PduFaults {
  return { ...healthyModbus(), ignoresCommands: false };
}

export function healthySerialLine(): SerialFaults {
  return {
    losesLastBytes: 0,
    flipsByte: undefined,
    noiseBefore: new Uint8Array(),
    noiseAfter: new Uint8Array(),
    echoesRequests: false,
  };
}

function healthyModbus(): ModbusFaults {
  return { ...healthyConnection(), exception: undefined, duplicatesReplies: false, repeatsPreviousReply: false };
}

function healthyConnection(): ConnectionFaults {
  return { silent: false, closesWithoutReply: false, refusesConnections: false, answersAfterMs: undefined };
}
