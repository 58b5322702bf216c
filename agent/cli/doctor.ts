/** `ballast doctor`: looks at everything the agent stands on, by trying it, and says how to mend what fails. */
import { Command } from 'commander';
import { brokerCredentials } from '#agent/config/broker-credentials.ts';
import type { Loaded } from '#agent/config/load.ts';
import { load } from '#agent/config/load.ts';
import { formatProblem } from '#agent/config/problem.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { checkBroker } from './doctor/brokers.ts';
import { judgeController, readController } from './doctor/controller.ts';
import type { Finding } from './doctor/finding.ts';
import { fail, ok } from './doctor/finding.ts';
import { checkGpuLibrary } from './doctor/gpu-library.ts';
import { checkAgent, checkCertificates, checkClock, checkDisk } from './doctor/machine.ts';
import { checkPorts } from './doctor/ports.ts';
import { Failure } from './failure.ts';
import type { FileOptions } from './files.ts';
import { filesOf, withFileOptions } from './files.ts';
import type { Terminal, Tint } from './terminal.ts';
import type { Verb } from './tools.ts';

export const doctorVerb: Verb = ({ terminal, clock }) =>
  withFileOptions(
    new Command('doctor').description('try everything the agent stands on, and say how to mend what fails'),
  )
    .option('--json', 'print JSON')
    .action(async (options: FileOptions & { json?: true }) => {
      const findings = await examine(options, clock);
      terminal.out(options.json ? JSON.stringify(findings) : findings.map((each) => shown(each, terminal)).join('\n'));
      const failed = findings.filter(({ verdict }) => verdict === 'fail').length;
      if (failed > 0)
        throw new Failure(
          failed === 1 ? '1 thing needs mending' : `${failed} things need mending`,
          'each says how, above',
        );
    });

async function examine(options: FileOptions, clock: Clock): Promise<Finding[]> {
  const loaded = await load(filesOf(options));
  if (loaded.kind === 'ok')
    return [ok('files', 'config and policy are fine'), ...(await examineRack(loaded.value, clock))];
  return loaded.problems.map((problem) => {
    const fix = problem.line === undefined ? 'ballast init writes a first pair' : 'mend it, then: ballast config check';
    return fail('files', formatProblem(problem), fix);
  });
}

async function examineRack({ config, policy, folder }: Loaded, clock: Clock): Promise<Finding[]> {
  const credentials = await brokerCredentials(config, folder);
  const clientId = `ballast-${config.rack}-doctor`;
  const agent = await checkAgent(config, clock);
  const [controller, ports, certificates, disk, brokers] = await Promise.all([
    readController(),
    checkPorts(config, agent.verdict === 'ok'),
    checkCertificates(config, clock.wall()),
    checkDisk(config),
    Promise.all(config.broker.urls.map((url) => checkBroker(config, { url, clientId, ...credentials }, clock))),
  ]);
  return [
    ...judgeController(controller),
    ...ports,
    ...checkGpuLibrary(config),
    ...brokers,
    ...certificates,
    checkClock(policy),
    disk,
    agent,
  ];
}

const tints: Record<Finding['verdict'], Tint> = { ok: 'green', warn: 'yellow', fail: 'red' };

function shown({ about, verdict, message, fix }: Finding, { tint }: Terminal): string {
  const line = `${tint(tints[verdict], verdict.padEnd(4))}  ${about}: ${message}`;
  return fix === undefined ? line : `${line}\n      ${tint('dim', `-> ${fix}`)}`;
}
