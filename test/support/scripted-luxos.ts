/** A LuxOS miner's end of the wire, for tests of the adapter: says what it is told to, and has the one session. */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';

export type LuxosRequest = { command: string; parameter?: string };

/** Answers with the text; closes without a word on undefined; says nothing and stays on 'silence'. */
export type LuxosAnswer = (request: LuxosRequest) => string | undefined;

export class ScriptedLuxos {
  /** What it does with a request; `usual` unless a test has another idea. */
  answer: LuxosAnswer = (request) => this.usual(request);
  /** Sections of its replies by command, such as `{ POWER: [{ Watts: 3200 }] }`. */
  readonly sections: Record<string, object> = { ...sections };
  /** The session's id, empty when nobody has it. */
  session = '';
  /** Our ends of its connections. */
  readonly streams: Duplex[] = [];
  #asked: string[] = [];
  #sessions = 0;

  /** What was asked since the last call, as `curtail S1,sleep`. */
  asked(): string[] {
    return this.#asked.splice(0);
  }

  usual({ command, parameter }: LuxosRequest): string {
    if (command.includes('+')) {
      const parts = command.split('+').map((each) => [each, [JSON.parse(this.usual({ command: each }))]]);
      return JSON.stringify({ ...Object.fromEntries(parts), id: 1 });
    }
    if (command === 'session') return said('Session information', 319, { SESSION: [{ SessionID: this.session }] });
    if (command === 'logon') return this.#logon();
    if (command in this.sections) return said(command, 11, this.sections[command]);
    if (parameter?.split(',')[0] !== this.session || this.session === '') return refused('Invalid session', 400);
    if (command === 'logoff') this.session = '';
    return said(`${command} done`, 335);
  }

  connect = async (): Promise<Duplex> => {
    const [ours, theirs] = duplexPair();
    this.streams.push(ours);
    theirs.once('data', (data: Buffer) => {
      const request: LuxosRequest = JSON.parse(String(data));
      this.#asked.push(request.parameter === undefined ? request.command : `${request.command} ${request.parameter}`);
      const reply = this.answer(request);
      if (reply !== 'silence') theirs.end(reply === undefined ? undefined : `${reply}\0`);
    });
    return ours;
  };

  #logon(): string {
    if (this.session !== '') return refused('Another session is active', 402);
    this.#sessions++;
    this.session = `S${this.#sessions}`;
    return said('Session created', 316, { SESSION: [{ SessionID: this.session }] });
  }
}

function said(words: string, code: number, body: object = {}): string {
  return JSON.stringify({ STATUS: [{ STATUS: 'S', Code: code, Msg: words, Description: 'LUXminer' }], ...body, id: 1 });
}

export function refused(words: string, code: number): string {
  return JSON.stringify({ STATUS: [{ STATUS: 'E', Code: code, Msg: words, Description: 'LUXminer' }], id: 1 });
}

const sections = {
  version: { VERSION: [{ API: '3.7', LUXminer: '2025.6.1.120000-0a1b2c3d', Type: 'Antminer S19j Pro' }] },
  config: {
    CONFIG: [
      {
        CurtailMode: 'None',
        Hostname: 'rack7-03',
        IsAtmEnabled: false,
        IsPowerSupplyOn: true,
        MACAddr: '02:5A:11:A5:00:01',
        Model: 'Antminer S19j Pro',
        NameplateTHS: 100,
        Profile: 'default',
        ProfileStep: '0',
        SerialNumber: 'SIM0001',
      },
    ],
  },
  summary: { SUMMARY: [{ Elapsed: 3600, 'GHS 5s': 99_500.25, 'GHS av': 100_100 }] },
  power: { POWER: [{ PSU: false, Watts: 2950 }] },
  temps: {
    TEMPS: [
      { ID: 0, TopLeft: 52, BottomLeft: 53.5, TopRight: 40, BottomRight: 41 },
      { ID: 1, TopLeft: 51, BottomLeft: 50, TopRight: 40, BottomRight: 39 },
    ],
  },
  fans: { FANS: [{ RPM: 4980 }, { RPM: 5040 }] },
  events: { EVENTS: [] },
  atm: { ATM: [{ Enabled: false, MaxProfile: '', MinProfile: '' }] },
  profiles: {
    PROFILES: [
      { 'Profile Name': '695MHz', Step: '2', Watts: 3600, Hashrate: 120 },
      { 'Profile Name': '645MHz', Step: '1', Watts: 3300, Hashrate: 110 },
      { 'Profile Name': 'default', Step: '0', Watts: 3000, Hashrate: 100 },
      { 'Profile Name': '545MHz', Step: '-1', Watts: 2600, Hashrate: 90 },
      { 'Profile Name': '495MHz', Step: '-2', Watts: 2250, Hashrate: 80 },
      { 'Profile Name': '445MHz', Step: '-3', Watts: 1900, Hashrate: 70 },
    ],
  },
};
