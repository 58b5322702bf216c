/**
 * A machine's AMD GPUs: a folder that looks as the kernel's /sys does to the amdgpu adapter. No compiler and no driver is
 * needed; the files outlive the agent, as a card's state does.
 *
 * Names and units are those of the kernel's documentation of amdgpu. How watts follow a cap is that of the stand-in for
 * NVIDIA's driver.
 */
import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Watts } from '#protocol/units.ts';
import type { GpuHost, GpuSpec } from './gpu-host.ts';

/**
 * Figures that change are written at one width, so that one write replaces all of it: a file of the kernel is never half
 * there. Caps are written by the agent, without filling them up: those of 100 to 999 W have nine digits.
 */
const [WIDTH, CAP_DIGITS] = [12, 9];
const LOOK_MS = 20;
/** Draws this share of its cap while that holds it, and comes there by e in this time. */
const [HELD, TIME_CONSTANT_MS] = [0.96, 20];

export class AmdHost implements GpuHost {
  /** Where the agent is to look for what is otherwise in /sys. */
  readonly root: string;
  readonly #cards: Card[];
  readonly #stop: () => void;

  /** @param every calls back again and again until the returned function is called. */
  constructor(root: string, gpus: readonly GpuSpec[], every: (ms: number, work: () => void) => () => void) {
    this.root = root;
    this.#cards = gpus.map((spec, i) => new Card(join(root, 'bus/pci/devices', pciOf(i)), i, spec));
    this.#stop = every(LOOK_MS, () => {
      for (const card of this.#cards) card.move(LOOK_MS);
    });
  }

  get totalW(): Watts {
    return this.#cards.reduce((sum, { powerW }) => sum + powerW, 0);
  }

  demand(index: number, watts: Watts): void {
    this.#card(index).demandW = watts;
  }

  capW(index: number): Watts {
    return this.#card(index).capW;
  }

  close(): void {
    this.#stop();
    for (const card of this.#cards) card.close();
  }

  #card(index: number): Card {
    const card = this.#cards[index];
    if (!card) throw new Error(`the machine has no GPU ${index}`);
    return card;
  }
}

/** As in the config of the card's device. */
export function pciOf(index: number): string {
  return `0000:${(index + 3).toString(16).padStart(2, '0')}:00.0`;
}

class Card {
  demandW: Watts;
  powerW: Watts;
  readonly #power: number;
  readonly #cap: number;

  constructor(folder: string, index: number, { demandW, minW, maxW }: GpuSpec) {
    if (minW < 100 || maxW > 999) throw new Error('caps must be 100 to 999 W');
    this.demandW = demandW;
    this.powerW = demandW;
    const sensors = join(folder, `hwmon/hwmon${index}`);
    mkdirSync(sensors, { recursive: true });
    const files = {
      power1_average: filled(demandW),
      power1_cap: microwatts(maxW),
      power1_cap_min: microwatts(minW),
      power1_cap_max: microwatts(maxW),
      temp2_input: '58000',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(sensors, name), text);
    writeFileSync(join(folder, 'product_name'), 'simulated');
    this.#power = openSync(join(sensors, 'power1_average'), 'r+');
    this.#cap = openSync(join(sensors, 'power1_cap'), 'r+');
  }

  get capW(): Watts {
    const bytes = Buffer.alloc(CAP_DIGITS);
    readSync(this.#cap, bytes, 0, CAP_DIGITS, 0);
    return Number(bytes.toString('latin1')) / 1e6;
  }

  move(ms: number): void {
    const towards = Math.min(this.demandW, HELD * this.capW);
    this.powerW = towards + (this.powerW - towards) * Math.exp(-ms / TIME_CONSTANT_MS);
    writeSync(this.#power, filled(this.powerW), 0);
  }

  close(): void {
    closeSync(this.#power);
    closeSync(this.#cap);
  }
}

function filled(watts: Watts): string {
  return microwatts(watts).padStart(WIDTH, '0');
}

function microwatts(watts: Watts): string {
  return String(Math.round(watts * 1e6));
}
