/** What a bus has seen since it was made. A wire in good order grows only the first two. */
export type BusCounters = {
  requests: number;
  /** Replies that were believed, exceptions among them. */
  replies: number;
  timeouts: number;
  /** Replies to a request that was already answered, timed out or aborted. */
  lateReplies: number;
  /** Replies to nothing we asked: another transaction, unit or function. */
  foreignReplies: number;
  /** Replies, or whole streams, that are not Modbus. */
  malformed: number;
  exceptions: number;
  /** Connections opened after the first. */
  reconnects: number;
};

export function zeroCounters(): BusCounters {
  return {
    requests: 0,
    replies: 0,
    timeouts: 0,
    lateReplies: 0,
    foreignReplies: 0,
    malformed: 0,
    exceptions: 0,
    reconnects: 0,
  };
}
