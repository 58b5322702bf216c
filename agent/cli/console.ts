/** `ballast console`: serves the page that watches a site, until Ctrl-C. The page itself talks to the broker. */
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { serveFolder } from '#agent/platform/web-files.ts';
import type { WebAddress, WebServer } from '#agent/platform/web-server.ts';
import { Failure } from './failure.ts';
import { Interrupted, interruptSignal, orInterrupted } from './interrupt.ts';
import type { Verb } from './tools.ts';

/** The same from the sources and from the bundle. */
const built = join(import.meta.dirname, '../../dist/console');

export const consoleVerb: Verb = ({ terminal }) =>
  new Command('console')
    .description('serve the page that watches a site through its broker')
    .addOption(
      new Option('--listen <address>', 'where browsers reach it')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'),
    )
    .action(async ({ listen }: { listen: WebAddress }) => {
      const served = await serve(listen);
      terminal.out(`the console is at ${served.url}`);
      terminal.note('it asks for a broker with a WebSocket listener; Ctrl-C ends it');
      await orInterrupted(new Promise<never>(() => {}), interruptSignal()).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
      });
      await served.stop();
    });

async function serve(address: WebAddress): Promise<WebServer> {
  try {
    return await serveFolder(built, address);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = `${address.host}:${address.port}`;
    switch (code) {
      case 'ENOENT':
        throw new Failure(`the page is not built: ${built} is missing`, 'in a checkout: npm run console');
      case 'EADDRINUSE':
        throw new Failure(`${where} is taken`, 'write --listen HOST:PORT with another port, or port 0 for any');
      case 'EACCES':
        throw new Failure(`${where} may not be opened`, 'ports below 1024 belong to root: write --listen with another');
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        throw new Failure(
          `${address.host} is no address of this machine`,
          'write --listen 0.0.0.0:8080 for all of them',
        );
      default:
        throw error;
    }
  }
}

/** `127.0.0.1:8080`, `[::1]:8080`, or a port alone. */
function parseAddress(text: string): WebAddress {
  const [, host = '127.0.0.1', port] = /^(?:(\[[0-9a-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('Write HOST:PORT, such as 127.0.0.1:8080.');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
