/** What `init` must know: from options, or asked for where a person sits at the terminal. */
import { createInterface } from 'node:readline/promises';
import { brokerUrl } from '#agent/config/broker-url.ts';
import { name } from '#protocol/ids.ts';
import { usageFailure } from '../failure.ts';

export type Answers = { site: string; rack: string; broker: string };

type Question = {
  readonly key: keyof Answers;
  readonly ask: string;
  readonly problem: (answer: string) => string | undefined;
};

const notAName = (answer: string) =>
  name.safeParse(answer).success ? undefined : `"${answer}" is no name: write 1 to 64 of a-z, 0-9 and -`;

const notABroker = (answer: string) =>
  brokerUrl.safeParse(answer).success
    ? undefined
    : `"${answer}" is no broker: write a URL such as mqtts://broker.example:8883`;

const questions: readonly Question[] = [
  { key: 'site', ask: 'Name of the site, as operators write it in orders', problem: notAName },
  { key: 'rack', ask: 'Name of this rack', problem: notAName },
  { key: 'broker', ask: 'URL of the MQTT broker', problem: notABroker },
];

/** @throws Failure for an option that makes no sense, or one that is missing where nobody can be asked. */
export async function answersTo(given: Partial<Answers>, input: NodeJS.ReadStream): Promise<Answers> {
  const answers = { ...given };
  for (const { key, problem } of questions) {
    const trouble = given[key] === undefined ? undefined : problem(given[key]);
    if (trouble) throw usageFailure(`--${key}: ${trouble}`, 'or leave it out, to be asked for it');
  }
  const open = questions.filter(({ key }) => given[key] === undefined);
  if (open.length > 0 && !input.isTTY) {
    throw usageFailure(
      `no ${open.map(({ key }) => key).join(', no ')} is given`,
      `write ${open.map(({ key }) => `--${key}`).join(', ')}; without a terminal nothing can be asked`,
    );
  }
  if (open.length > 0) Object.assign(answers, await askAll(open, input));
  return answers as Answers;
}

async function askAll(open: readonly Question[], input: NodeJS.ReadStream): Promise<Partial<Answers>> {
  const lines = createInterface({ input, output: process.stderr });
  const answers: Partial<Answers> = {};
  try {
    for (const question of open) answers[question.key] = await askUntilRight(question, (text) => lines.question(text));
  } finally {
    lines.close();
  }
  return answers;
}

async function askUntilRight({ ask, problem }: Question, question: (text: string) => Promise<string>): Promise<string> {
  for (let complaint = ''; ; ) {
    const answer = (await question(`${complaint}${ask}: `)).trim();
    const trouble = problem(answer);
    if (!trouble) return answer;
    complaint = `  ${trouble}\n`;
  }
}
