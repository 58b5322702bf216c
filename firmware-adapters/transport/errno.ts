/** Operating system errors of a connection in words a technician acts on. */

export function plainErrno(error: unknown): string {
  const code = errnoOf(error);
  const words = code === undefined ? undefined : meaning[code];
  if (words !== undefined) return `${words} (${code})`;
  return code ?? (error instanceof Error ? error.message : String(error));
}

const meaning: Record<string, string> = {
  ECONNREFUSED: 'refused the connection: nothing listens on this port',
  ECONNRESET: 'broke the connection',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'did not answer the network',
  EHOSTUNREACH: 'is not on the network',
  EHOSTDOWN: 'is not on the network',
  ENETUNREACH: 'is in a network this controller has no route to',
  ENOTFOUND: 'is a name that does not resolve',
  EAI_AGAIN: 'is a name that does not resolve now',
  EMFILE: 'was not tried: this process has too many open files',
  ERR_STREAM_PREMATURE_CLOSE: 'closed the connection',
};

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
