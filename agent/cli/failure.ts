/** What a verb could not do, as one sentence and the fix. The entry prints it, without a stack. */

export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class Failure extends Error {
  /** What to do about it. */
  readonly fix: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, fix?: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.name = 'Failure';
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

/** The command line itself makes no sense. */
export function usageFailure(message: string, fix?: string): Failure {
  return new Failure(message, fix, exitCodes.usage);
}
