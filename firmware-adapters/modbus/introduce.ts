/** Meeting a unit: whether it is what the config says, and where its points begin. */
import { AdapterError } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import { rawNumber, widthOf } from './decode.ts';
import type { Mark, RegisterMap } from './register-map.ts';
import { findModel } from './sunspec.ts';

export type UnitParts = {
  bus: Pick<ModbusBus, 'read'>;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
};

/**
 * How many registers further on than in the map its points are. Rejects with `AdapterError`: `refused` where a number
 * that the map requires is another one, `unsupported` where none of its SunSpec models is there.
 */
export async function introduce(parts: UnitParts, map: RegisterMap, signal?: AbortSignal): Promise<number> {
  for (const required of map.requires) {
    const found = await numberAt(parts, required, signal);
    if (required.one_of.includes(found)) continue;
    const { table, address, one_of: wanted, why } = required;
    throw new AdapterError('refused', `${map.id}: ${table} ${address} is ${found}, not ${wanted.join(' or ')}: ${why}`);
  }
  return map.base ? findModel(parts, map.base.models, signal) : 0;
}

/** The number that stands there now. */
export async function numberAt({ bus, unit }: UnitParts, at: Mark, signal?: AbortSignal): Promise<number> {
  const { values } = await bus.read(unit, at.table, at.address, widthOf(at.type), signal);
  return rawNumber(at, values);
}
