/** Everyone who takes part, each in a process of its own: a broker, two racks of miners, the agent and the floor. */
import { orderTopic } from '#protocol/topics.ts';
import type { AgentProcess, Floor, Miners } from './actors.ts';
import { startAgent, startFloor, startMiners } from './actors.ts';
import type { BenchBroker } from './broker.ts';
import { openBroker } from './broker.ts';
import { PASSWORD } from './miners.ts';
import type { Operator } from './operator.ts';
import { openOperator } from './operator.ts';
import { ISSUER, minerDevices, PROGRAM, RACK, SITES, writeSite } from './site.ts';

export type Stage = {
  readonly broker: BenchBroker;
  readonly operator: Operator;
  readonly agent: AgentProcess;
  /** The agent's miners. */
  readonly rack: Miners;
  readonly floor: Floor;
  /** As many again: what the floor does must not look to the agent like a person's doing. */
  readonly floorRack: Miners;
  stop(): Promise<void>;
};

/** Ready once the agent knows its miners and everyone holds tokens. */
export async function openStage(folder: string, count: number): Promise<Stage> {
  const ends: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const end of ends.toReversed()) await end();
  };
  const enter = <Actor extends { stop(): Promise<void> | void }>(actor: Actor): Actor => {
    ends.push(() => actor.stop());
    return actor;
  };
  try {
    const broker = enter(await openBroker());
    const rack = enter(await startMiners(count));
    const floorRack = enter(await startMiners(count));
    const files = await writeSite(folder, broker.url, minerDevices(rack.list));
    const operator = enter(await openOperator(broker.url, files.issuer));
    const homes = operator.knowsHomes(count);
    const agent = enter(await startAgent(folder, files));
    await Promise.race([homes, agent.untimelyEnd]);
    const floor = enter(
      await startFloor({
        brokerUrl: broker.url,
        topic: orderTopic(SITES.floor, ISSUER, PROGRAM, `rack/${RACK}`),
        publicKey: files.publicKey,
        password: PASSWORD,
        ports: floorRack.list.map(({ port }) => port),
      }),
    );
    return { broker, operator, agent, rack, floor, floorRack, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
