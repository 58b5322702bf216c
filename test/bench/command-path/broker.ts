/** mosquitto where it is installed, since that is what a site has; else the broker of the demo. */
import { startBroker } from '#test/demo/broker.ts';
import { startMosquitto } from '#test/integration/support/mosquitto.ts';

export type BenchBroker = { readonly name: string; readonly url: string; stop(): Promise<void> };

export async function openBroker(): Promise<BenchBroker> {
  try {
    const mosquitto = await startMosquitto();
    return { name: 'mosquitto', url: `mqtt://127.0.0.1:${mosquitto.port}`, stop: () => mosquitto.remove() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const { url, stop } = await startBroker({ mqtt: 0, web: 0 });
    return { name: 'aedes', url, stop };
  }
}
