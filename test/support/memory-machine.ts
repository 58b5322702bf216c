/** A controller with AMD GPUs and units of systemd on them, in memory: what a scenario's agent finds in its machine. */
import type { Host } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';

export type UnitState = 'active' | 'frozen' | 'inactive';

const [BUSY_W, IDLE_W, MIN_W, MAX_W] = [275, 30, 100, 300];
const PCI = '0000:03:00.0';
const CARD = `bus/pci/devices/${PCI}`;
const SENSORS = `${CARD}/hwmon/hwmon0`;

export class MemoryMachine {
  /** By name, without `.service`. */
  readonly units: Record<string, UnitState>;
  /** What systemctl was told, such as `stop train`. */
  readonly told: string[] = [];
  /** Of those, what fails. */
  readonly fails = new Set<string>();
  readonly host: Host;
  readonly #files = new Map<string, string>();

  constructor(units: Record<string, UnitState>) {
    this.units = { ...units };
    const watts = { power1_cap: MAX_W, power1_cap_min: MIN_W, power1_cap_max: MAX_W };
    for (const [file, value] of Object.entries(watts)) this.#files.set(`${SENSORS}/${file}`, `${value * 1e6}`);
    const unused = async () => {
      throw new AdapterError('unreachable', 'no NVIDIA driver');
    };
    this.host = {
      nvml: { gpu: unused, driver: unused },
      sysfs: {
        read: async (path) => this.#read(path),
        write: async (path, value) => void this.#files.set(path, value),
        list: async (folder) => (folder === `${CARD}/hwmon` ? ['hwmon0'] : []),
      },
      run: async (argv) => this.#systemctl(argv),
    };
  }

  /** Of the config: `gpu0`, and the units on it. */
  get devices(): object[] {
    return [{ id: 'gpu0', adapter: 'amdgpu', pci: PCI, rated_w: MAX_W, idle_w: IDLE_W, period_ms: 1000 }];
  }

  get capW(): number {
    return Number(this.#files.get(`${SENSORS}/power1_cap`)) / 1e6;
  }

  /** Units that compute now: two at once would not fit. */
  get running(): string[] {
    return Object.keys(this.units).filter((unit) => this.units[unit] === 'active');
  }

  #read(path: string): string {
    if (path === `${SENSORS}/power1_average`) {
      const wantedW = this.running.length > 0 ? BUSY_W : IDLE_W;
      return String(Math.min(wantedW, 0.96 * this.capW) * 1e6);
    }
    const held = Object.values(this.units).filter((state) => state !== 'inactive').length;
    if (path === `${CARD}/mem_info_vram_used`) return String(0.3e9 + held * 30e9);
    const value = this.#files.get(path);
    if (value === undefined) throw new AdapterError('unsupported', `${path}: there is none`);
    return value;
  }

  #systemctl([, verb = '', ...rest]: readonly string[]): string {
    const unit = (rest.at(-1) ?? '').replace(/\.service$/, '');
    const state = this.units[unit];
    if (verb === 'show') {
      return `ActiveState=${state === 'inactive' ? 'inactive' : 'active'}\nFreezerState=${state === 'frozen' ? 'frozen' : 'running'}\n`;
    }
    this.told.push(`${verb} ${unit}`);
    if (this.fails.has(`${verb} ${unit}`)) throw new AdapterError('refused', `${verb} of ${unit} failed`);
    const after: Record<string, UnitState> = { freeze: 'frozen', thaw: 'active', start: 'active', stop: 'inactive' };
    this.units[unit] = after[verb] ?? 'inactive';
    return '';
  }
}
