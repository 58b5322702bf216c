/** What can be made to go wrong, switched at run time: `rack.miner('m01').faults.silent = true`. */
import type { Millis } from '#protocol/units.ts';

/** Faults of any device on a network. */
export type ConnectionFaults = {
  /** Takes the connection and what is sent, and never answers. */
  silent: boolean;
  /** Reads the request, then closes without a word. */
  closesWithoutReply: boolean;
  /** Nobody listens: in memory the connection is refused, over TCP it is destroyed as soon as it stands. */
  refusesConnections: boolean;
  /** Acts in its usual time, but answers this long after the request; stock firmware has been seen to take 21 s. */
  answersAfterMs: Millis | undefined;
};

export type MinerFaults = ConnectionFaults & {
  /** Acknowledges every write with 131 and does nothing. */
  ignoresCommands: boolean;
  /** The first half of each reply is lost on the way. */
  brokenJson: boolean;
  /** Refuses every write: 132 command error, 45 permission denied. */
  refusesWith: 132 | 45 | undefined;
  /** Another machine, with this MAC, has taken the address. */
  otherMac: string | undefined;
};

export type MeterFaults = ConnectionFaults & {
  /** Goes on answering with the registers it served last. */
  frozen: boolean;
  /** Every value is not a number. */
  nan: boolean;
  /** Answers every request with this Modbus exception. */
  exception: number | undefined;
  /** Sends every reply twice. */
  duplicatesReplies: boolean;
  /** Sends the previous reply again, with its old transaction id, before each new one. */
  repeatsPreviousReply: boolean;
};

export function healthyMiner(): MinerFaults {
  return {
    ...healthyConnection(),
    ignoresCommands: false,
    brokenJson: false,
    refusesWith: undefined,
    otherMac: undefined,
  };
}

export function healthyMeter(): MeterFaults {
  return {
    ...healthyConnection(),
    frozen: false,
    nan: false,
    exception: undefined,
    duplicatesReplies: false,
    repeatsPreviousReply: false,
  };
}

function healthyConnection(): ConnectionFaults {
  return { silent: false, closesWithoutReply: false, refusesConnections: false, answersAfterMs: undefined };
}
