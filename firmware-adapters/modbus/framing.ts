/** How a wire wraps PDUs. Each kind of wire has one; the rest of a bus does not know which. */

/** One request or reply, unwrapped. */
export type Frame = {
  /** Ties a reply to its request, 0 to 65535. */
  transaction: number;
  unit: number;
  pdu: Buffer;
};

export type Framing = {
  encode(frame: Frame): Buffer;
  /** A fresh decoder for a fresh connection. */
  decoder(): Decoder;
};

export type Decoder = {
  /**
   * Yields the frames that `chunk` completes, however the bytes were cut. Throws `AdapterError('malformed')` when the
   * stream cannot be followed any more: the connection must then be dropped.
   */
  push(chunk: Buffer): Iterable<Frame>;
};
