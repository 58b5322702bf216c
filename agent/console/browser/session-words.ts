/** Why there is no connection, in words for the person who must mend it. */
import type { Credentials } from './session.ts';

export function whyNot(problem: unknown, greeted: boolean, { url, user }: Credentials): string {
  const code = codeOf(problem);
  const who = user === '' ? 'a reader without a user name' : `user ${user}`;
  if (code === 4) return `The broker refuses ${who}: wrong user name or password.`;
  if (code === 5) return `The broker refuses ${who}: not authorised. Check user name and password.`;
  if (code === 3) return 'The broker is not available at the moment.';
  if (code !== undefined) return `The broker refuses the connection (code ${code}).`;
  if (greeted) return 'The broker closed the connection.';
  if (problem instanceof Error && /connack/i.test(problem.message)) {
    return `${url} takes the connection and says nothing: is this the broker's WebSocket port?`;
  }
  return `Nothing at ${url} speaks MQTT over WebSocket: check address and port, and that the broker has a WebSocket listener.`;
}

/** Whether trying again by itself would change nothing. */
export function isFinal(problem: unknown): boolean {
  return [2, 4, 5].includes(codeOf(problem) ?? 0);
}

/** The code of a CONNACK that refuses. */
function codeOf(problem: unknown): number | undefined {
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) return undefined;
  return typeof problem.code === 'number' ? problem.code : undefined;
}
