/** Whether a command is taken. Unlike an order it is never retained, lives for seconds, and is taken only once. */
import type { Issuer } from '#agent/config/policy.ts';
import type { Command } from '#protocol/command.ts';
import { COMMAND_LIFE_S, command as commandSchema } from '#protocol/command.ts';
import type { Refusal } from '#protocol/lifecycle.ts';
import { epochMs } from '#protocol/time.ts';
import type { Gate } from './admit-order.ts';
import { beyondRights, notForUs } from './admit-order.ts';
import { afterRotation, firstIssue, idOf, open, refused } from './envelope.ts';

export type CommandGate = Gate & {
  /** Whether a command with this issuer and id was taken before. */
  taken(key: string): boolean;
};

export type CommandAdmission =
  | { readonly kind: 'accepted'; readonly command: Command; readonly key: string }
  | (Refusal & { readonly issuer?: string; readonly id?: string });

export function admitCommand(
  topicIssuer: string,
  payload: Uint8Array,
  retained: boolean,
  gate: CommandGate,
): CommandAdmission {
  const opened = open(payload, gate.policy, gate.keys);
  if (opened.kind === 'refused') return opened;
  const who = { issuer: opened.issuer.id };
  const parsed = commandSchema.safeParse(opened.message);
  if (!parsed.success) return { ...refused('malformed', firstIssue(parsed.error)), ...who, ...idOf(opened.message) };
  const command = parsed.data;
  const refusal =
    (retained ? refused('retained_command', 'commands must not be retained') : undefined) ??
    afterRotation(opened, command.issued_at) ??
    wrongScope(topicIssuer, command, gate) ??
    outOfTime(command, gate) ??
    refusedAction(command, opened.issuer, gate);
  const key = `${command.issuer}/${command.id}`;
  if (refusal) return { ...refusal, ...who, id: command.id };
  if (gate.taken(key))
    return { ...refused('replayed', `command ${command.id} was taken before`), ...who, id: command.id };
  return { kind: 'accepted', command, key };
}

function wrongScope(topicIssuer: string, { issuer, scope }: Command, { site, rack }: CommandGate): Refusal | undefined {
  if (issuer === topicIssuer && scope.site === site && scope.to === `rack/${rack}`) return undefined;
  return refused(
    'scope_mismatch',
    `it says ${scope.site}, ${issuer}, ${scope.to}; it came to ${site}, ${topicIssuer}, rack/${rack}`,
  );
}

function outOfTime({ issued_at, valid_until }: Command, { now, policy, clock }: CommandGate): Refusal | undefined {
  if (clock === 'bad') return refused('clock_not_set', 'commands wait until this rack knows the time');
  const issued = epochMs(issued_at);
  const until = epochMs(valid_until);
  if (issued - now.wall > policy.clock_tolerance_s * 1000) return refused('issued_in_future', `issued at ${issued_at}`);
  if (until - issued > COMMAND_LIFE_S * 1000) {
    return refused('malformed', `valid_until: at most ${COMMAND_LIFE_S} s after issued_at`);
  }
  return until <= now.wall ? refused('expired', `it was valid until ${valid_until}`) : undefined;
}

/** A dry run answers as the order itself would be answered. */
function refusedAction({ action }: Command, issuer: Issuer, gate: Gate): Refusal | undefined {
  return beyondRights(action.order, issuer) ?? notForUs(action.order, gate);
}
