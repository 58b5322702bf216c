/** What one look of the doctor found. */
export type Finding = {
  /** What was looked at, such as `port rtu1`. */
  readonly about: string;
  /** `warn` does not keep the agent from working. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
};

export function ok(about: string, message: string): Finding {
  return { about, verdict: 'ok', message };
}

export function warn(about: string, message: string, fix: string): Finding {
  return { about, verdict: 'warn', message, fix };
}

export function fail(about: string, message: string, fix: string): Finding {
  return { about, verdict: 'fail', message, fix };
}
