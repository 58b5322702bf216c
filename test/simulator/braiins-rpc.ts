/** cgminer's socket on a miner with Braiins OS: BOSer says there who it is, to anybody. */
import type { Duplex } from 'node:stream';
import type { BraiinsMiner } from './braiins-miner.ts';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';

const BUILD = 'boser-buildroot 0.1.0-5a11a5ed';

export function braiinsRpc(miner: BraiinsMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return (stream) =>
    serveCgminer(miner, clock, stream, (request, when) => {
      const known = parseObject(request)?.['command'] === 'version';
      const head = known
        ? { STATUS: 'S', Code: 22, Msg: 'BOSer versions' }
        : { STATUS: 'E', Code: 14, Msg: 'Invalid command' };
      const body = known ? { VERSION: [{ API: '3.7', BOSer: BUILD }] } : {};
      return JSON.stringify({ STATUS: [{ ...head, When: when, Description: `BOSer ${BUILD}` }], ...body, id: 1 });
    });
}
