/**
 * Serves the few files of one folder over HTTP, as a static page needs it. They are read once, so that no request ever
 * becomes a path: what is not one of them is not there.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { WebAddress, WebServer } from './web-server.ts';
import { listen } from './web-server.ts';

type Page = { readonly type: string; readonly plain: Buffer; readonly zipped: Buffer };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** The page may talk to brokers, wherever they are, and load nothing but these files. */
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    'connect-src ws: wss:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // An upgrade brings other files of the same names.
  'Cache-Control': 'no-cache',
};

/** Port 0 is any. Throws what reading the folder throws, and what listening does. */
export async function serveFolder(folder: string, address: WebAddress): Promise<WebServer> {
  const pages = await pagesOf(folder);
  return await listen((request, response) => answer(request, response, pages), address);
}

async function pagesOf(folder: string): Promise<ReadonlyMap<string, Page>> {
  const names = (await readdir(folder)).filter((name) => extname(name) in types);
  const pages = await Promise.all(names.map(async (name) => [`/${name}`, await pageOf(join(folder, name))] as const));
  const index = pages.filter(([path]) => path === '/index.html').map(([, page]) => ['/', page] as const);
  return new Map([...pages, ...index]);
}

async function pageOf(file: string): Promise<Page> {
  const plain = await readFile(file);
  return { type: types[extname(file)] ?? '', plain, zipped: await promisify(gzip)(plain) };
}

function answer(request: IncomingMessage, response: ServerResponse, pages: ReadonlyMap<string, Page>): void {
  const page = pages.get(request.url?.split('?')[0] ?? '');
  if (request.method !== 'GET' && request.method !== 'HEAD') refuse(response, 405, 'only GET and HEAD');
  else if (!page) refuse(response, 404, 'no such page');
  else {
    const zips = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const body = zips ? page.zipped : page.plain;
    const encoding = zips ? { 'Content-Encoding': 'gzip' } : {};
    const about = { 'Content-Type': page.type, 'Content-Length': body.length, Vary: 'Accept-Encoding', ...encoding };
    response.writeHead(200, { ...headers, ...about }).end(request.method === 'HEAD' ? undefined : body);
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
