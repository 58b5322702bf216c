/** A process under the scales: when it first said something of use, what it holds and what it computes. Linux only. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import type { MqttClient } from 'mqtt';
import type { Millis } from '#protocol/units.ts';
import { moment } from '../command-path/moment.ts';

export type Weight = {
  /** What it holds of the machine's memory, MB; and of that what nothing else shares. */
  readonly residentMb: number;
  readonly privateMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
};

export class Weighed {
  readonly startMs: Millis;
  readonly #child: ChildProcess;
  #cpuMs: Millis;
  #since: Millis;

  private constructor(child: ChildProcess, startMs: Millis) {
    this.#child = child;
    this.startMs = startMs;
    this.#cpuMs = cpuMs(child.pid);
    this.#since = moment();
  }

  /** Up once a message fits. Its log goes to `logFile`. */
  static async start(
    args: readonly string[],
    logFile: string,
    client: MqttClient,
    fits: (topic: string, payload: string) => boolean,
  ): Promise<Weighed> {
    const log = openSync(logFile, 'w');
    const begun = moment();
    const up = new Promise<void>((heard) => {
      client.on('message', function hear(topic, payload) {
        if (!fits(topic, payload.toString())) return;
        client.off('message', hear);
        heard();
      });
    });
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    const died = once(child, 'exit').then(([code]): never => {
      throw new Error(`it ended with ${code}: ${readFileSync(logFile, 'utf8').slice(-1000)}`);
    });
    died.catch(() => {});
    const tooLate = once(AbortSignal.timeout(60_000), 'abort').then((): never => {
      throw new Error(`it said nothing of use within a minute: ${readFileSync(logFile, 'utf8').slice(-1000)}`);
    });
    // Of no account once it is up.
    tooLate.catch(() => {});
    try {
      await Promise.race([up, died, tooLate]);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return new Weighed(child, moment() - begun);
  }

  /** From now on. */
  begin(): void {
    this.#cpuMs = cpuMs(this.#child.pid);
    this.#since = moment();
  }

  weigh(): Weight {
    const { pid } = this.#child;
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? Number.NaN);
    return {
      residentMb: kb('Rss') / 1024,
      privateMb: (kb('Private_Clean') + kb('Private_Dirty')) / 1024,
      cpuPercent: (100 * (cpuMs(pid) - this.#cpuMs)) / (moment() - this.#since),
    };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/** Of all its threads. The kernel counts in hundredths of a second. */
function cpuMs(pid: number | undefined): Millis {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
