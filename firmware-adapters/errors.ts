/**
 * What can go wrong between us and a device, as one class. Adapters throw it; `sense` and `actuate` turn it
 * into a value once.
 *
 * - `unreachable`: no connection, or it broke before a reply
 * - `timedOut`: connected, but no whole reply within the time allowed
 * - `unauthorised`: the device does not accept our credentials, or its write access is switched off
 * - `refused`: the device understood and said no; `code` is its own code
 * - `unsupported`: the device does not know the command or the register
 * - `malformed`: the reply is not what the protocol says, and no repair applies
 */
export type AdapterErrorKind = 'unreachable' | 'timedOut' | 'unauthorised' | 'refused' | 'unsupported' | 'malformed';

export class AdapterError extends Error {
  readonly kind: AdapterErrorKind;
  /** The device's own code, such as WhatsMiner's 45 or a Modbus exception number. */
  readonly code: string | number | undefined;

  constructor(kind: AdapterErrorKind, message: string, detail: { code?: string | number; cause?: unknown } = {}) {
    super(message, 'cause' in detail ? { cause: detail.cause } : undefined);
    this.name = 'AdapterError';
    this.kind = kind;
    this.code = detail.code;
  }
}

/** What is asked of a device, or undefined when it fails in a way that is bearable here. */
export async function unless<T>(bearable: readonly AdapterErrorKind[], asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AdapterError && bearable.includes(error.kind)) return undefined;
    throw error;
  }
}

/** The queue of a wire dropped this work for something more urgent. Says nothing about the device. */
export class Preempted extends Error {
  /** Made once: the stack of an error costs more than the rest of a call, and these say nothing by theirs. */
  static readonly byLowering = new Preempted('a control that lowers power');
  static readonly byControl = new Preempted('a control');

  constructor(by: string) {
    super(`preempted by ${by}`);
    this.name = 'Preempted';
  }
}
