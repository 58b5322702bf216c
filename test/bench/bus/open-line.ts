/** Our bus on a line of its own process, over a pseudo-terminal and the serial library. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import { rtuFraming, rtuTimeoutMs } from '#adapters/modbus/rtu.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';

/** A request as the line heard it, on the system's monotonic clock. */
type Heard = {
  at: Millis;
  unit: number;
  functionCode: number;
  /** Before it, since the last byte of any kind. */
  silenceMs: Millis;
  /** When the last byte of its reply is to be through; of a dead unit, of the request. */
  until: Millis;
};

export type Line = { readonly bus: ModbusBus; readonly heard: readonly Heard[]; close(): Promise<void> };

/** `dies`: units that fall silent, and after how many seconds. */
export async function openLine(baud: number, dies: Readonly<Record<number, number>> = {}): Promise<Line> {
  const script = fileURLToPath(new URL('./line.ts', import.meta.url));
  const mortal = Object.entries(dies).map(([unit, seconds]) => `${unit}=${seconds}`);
  const child = spawn(process.execPath, [script, String(baud), ...mortal], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [path] = (await once(lines, 'line')) as [string];
  const heard: Heard[] = [];
  lines.on('line', (line) => heard.push(JSON.parse(line) as Heard));
  const bus = new ModbusBus({
    id: `${baud} baud`,
    connect: (signal) => openSerial({ path, baud, parity: 'none', stopBits: 1 }, signal),
    framing: rtuFraming(baud),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    timeoutMs: rtuTimeoutMs(baud),
  });
  // The first request finds the port open, and the code warm.
  await bus.read(1, 'input', 0, 1);
  return {
    bus,
    heard,
    close: async () => {
      await bus.stop();
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

/** On the same clock as what the line heard. */
export function lineNow(): Millis {
  return Number(process.hrtime.bigint()) / 1e6;
}
