/** `ballast order`: publishes a signed power order and follows it until every rack is done. */
import { randomInt, randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { BrokerHandlers } from '#agent/platform/broker.ts';
import { openBroker } from '#agent/platform/broker.ts';
import { openLog } from '#agent/platform/log.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import { exitCodes, Failure } from './failure.ts';
import { Interrupted, interruptSignal } from './interrupt.ts';
import { dispatch } from './order/dispatch.ts';
import { dryRun } from './order/dry-run.ts';
import type { Operator } from './order/operator.ts';
import { readOperator } from './order/operator.ts';
import type { OrderOptions } from './order/options.ts';
import { requestOf, withOperatorOptions, withOrderOptions } from './order/options.ts';
import type { Connect } from './order/site-session.ts';
import { formatEnd, releaseCommand, tellPeople, tellPrograms } from './order/tell.ts';
import { canMeet, formatDryRun } from './order/tell-dry-run.ts';
import type { Tools, Verb } from './tools.ts';

export const orderVerb: Verb = (tools) =>
  withOperatorOptions(withOrderOptions(new Command('order').description('publish a power order and follow it')))
    .option('--dry-run', 'ask the racks what the order would do; publish none')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (options: OrderOptions) => {
      const operator = await readOperator(options);
      const request = requestOf(options, operator);
      await (options.dryRun ? runDryRun : runOrder)(operator, request, options, tools);
    });

const EXAMPLES = `
Amounts: 40% (of rated; shed: of the baseline), 6kW (one rack), 5MW/20MW (a
share: 5 MW of 20 MW rated together).

  ballast order --operator qse.yaml --to all --shed 60% --for 1h
  ballast order --operator qse.yaml --to rack/r07 --ceiling 6kW --for 10m
  ballast order --operator qse.yaml --to all --release`;

async function runOrder(
  operator: Operator,
  request: OrderRequest,
  options: OrderOptions,
  { terminal, clock }: Tools,
): Promise<void> {
  const told = (options.json ? tellPrograms : tellPeople)(terminal);
  let sent: Order | undefined;
  const order = (signed: Order) => {
    sent = signed;
    told.order(signed);
  };
  const parts = { connect: connectTo(operator, clock), clock, newId: randomUUID, told: { ...told, order } };
  const end = await dispatch(operator, request, parts, interruptSignal()).catch((error: unknown) => {
    throw error instanceof Interrupted ? interrupted(request, options, sent) : error;
  });
  if (end === 'refused' || end === 'partial')
    throw new Failure(formatEnd(end), 'at the rack, ballast explain tells more; --dry-run asks beforehand');
  terminal.note(formatEnd(end));
}

function interrupted(request: OrderRequest, { operator }: OrderOptions, sent: Order | undefined): Failure {
  if (!sent) return new Failure('interrupted: no order was published', undefined, exitCodes.interrupted);
  const until = sent.intervals.at(-1)?.until;
  const message = `interrupted: order ${sent.id} stays in force until ${until}, from now on without being renewed`;
  const release = `to end it before: ${releaseCommand(request, operator)}`;
  return new Failure(message, request.target.kind === 'release' ? undefined : release, exitCodes.interrupted);
}

async function runDryRun(
  operator: Operator,
  request: OrderRequest,
  options: OrderOptions,
  { terminal, clock }: Tools,
): Promise<void> {
  const parts = { connect: connectTo(operator, clock), clock, newId: randomUUID };
  const answers = await dryRun(operator, request, parts, interruptSignal());
  if (answers.length === 0)
    throw new Failure(
      `nobody of ${request.to} is online at site ${request.site}`,
      'check --to and --site; a rack is online while its agent has a broker',
    );
  if (options.json) for (const { rack, ack } of answers) terminal.out(JSON.stringify({ rack, answer: ack ?? null }));
  else terminal.out(formatDryRun(answers, terminal));
  if (!canMeet(answers)) throw new Failure('not every rack in scope could do this', 'each says why, above');
}

function connectTo({ broker }: Operator, clock: Tools['clock']): Connect {
  const config = { ...broker, clientId: `ballast-order-${randomUUID().slice(0, 8)}` };
  const parts = { clock, log: openLog('silent'), random: () => randomInt(2 ** 32) / 2 ** 32 };
  return (handlers: BrokerHandlers) => openBroker(config, handlers, parts);
}
