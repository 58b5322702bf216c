/** Does what a document says, in order, and holds what programs print against what it shows. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openPty } from '#test/support/pty.ts';
import type { Run } from './document.ts';
import { commandsOf, stepsOf } from './document.ts';
import type { Place } from './place.ts';
import { difference } from './shown.ts';

/** No page shows anything that takes longer to come about. */
const PATIENCE_MS = 90_000;

/** What a person had to do. */
export type Played = { commands: number; questions: number; files: number };

/** Rejects with the line of the document that does not hold. What goes on beside it is ended with it. */
export async function play(name: string, markdown: string, place: Place): Promise<Played> {
  const played: Played = { commands: 0, questions: 0, files: 0 };
  const beside: Typed[] = [];
  try {
    for (const step of stepsOf(markdown)) {
      const where = `${name}:${step.line}`;
      if (step.kind === 'file') {
        await write(place, step.path, step.text);
        played.files++;
        continue;
      }
      if (step.how === 'unrun') continue;
      played.commands += commandsOf(step.script).length;
      let typed = type(step, place);
      if (step.how === 'beside') {
        beside.push(typed);
        await typed.shows(step.shown ?? '', where);
        continue;
      }
      const since = performance.now();
      while (step.how === 'again' && !(await typed.fits(step)) && performance.now() - since < PATIENCE_MS) {
        typed = type(step, place);
      }
      if (step.how === 'asks') played.questions += await typed.answer(step.shown ?? '');
      await typed.ends(step, where);
    }
  } finally {
    await Promise.all(beside.map((typed) => typed.stop()));
  }
  return played;
}

async function write(place: Place, path: string, text: string): Promise<void> {
  const file = place.file(path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, place.here(text));
}

type Typed = {
  /** Answers each question that is shown; how many there were. */
  answer(shown: string): Promise<number>;
  /** Once it has printed what is shown, or ended without. */
  shows(shown: string, where: string): Promise<void>;
  /** Once it has ended. */
  fits(run: Run): Promise<boolean>;
  ends(run: Run, where: string): Promise<void>;
  stop(): Promise<void>;
};

function type({ script, how }: Run, place: Place): Typed {
  const [program, ...args] = place.shell;
  const pty = how === 'asks' ? openPty() : undefined;
  const stdin = pty === undefined ? undefined : openSync(pty.path, 'r+');
  // In the order in which a terminal would show them.
  // One that goes on is the shell's last word, so that Ctrl-C reaches it.
  const typed = `exec 2>&1\n${how === 'beside' ? 'exec ' : ''}${place.here(script)}`;
  const child = spawn(program, [...args, typed], {
    stdio: [stdin ?? 'ignore', 'pipe', 'inherit'],
    ...(place.cwd !== undefined && { cwd: place.cwd }),
    env: place.environment,
  });
  if (stdin !== undefined) closeSync(stdin);
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close').then(([code]) => {
    void pty?.unplug();
    return code as number | null;
  });
  const heard = () => Promise.race([once(child.stdout ?? child, 'data'), closed]);
  const over = () => child.exitCode !== null || child.signalCode !== null;
  return {
    answer: async (shown) => {
      const questions = [...shown.matchAll(/^(.*: )(\S+)$/gm)];
      for (const [, question = '', answer = ''] of questions) {
        while (!said.includes(question) && !over()) await heard();
        // A terminal that echoes would show the answer there.
        said = said.replace(question, `${question}${answer}\n`);
        pty?.master.write(place.here(`${answer}\n`));
      }
      return questions.length;
    },
    shows: async (shown, where) => {
      const tooLong = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const trouble = difference(shown, place.inDocument(said));
        if (trouble === undefined) return;
        assert.ok(!over() && !tooLong.aborted, complaint(where, trouble, said));
        await Promise.race([heard(), once(tooLong, 'abort')]);
      }
    },
    fits: async ({ shown, exit }) =>
      (await closed) === exit && difference(shown ?? '', place.inDocument(said)) === undefined,
    ends: async ({ shown, exit }, where) => {
      const code = await closed;
      assert.equal(code, exit, complaint(where, `it ended with ${code}`, said));
      const trouble = shown === undefined ? undefined : difference(shown, place.inDocument(said));
      assert.equal(trouble, undefined, complaint(where, trouble ?? '', said));
    },
    stop: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
}

function complaint(where: string, what: string, said: string): string {
  return `${where}: ${what}\n${said}`;
}
