import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'rolldown';

const HTML =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title><script type="module" src="/page.js"></script>';
/** As strict as an app's page can be: the SDK needs neither inline scripts nor `eval`. */
const CSP = "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:* ws://127.0.0.1:*";

/** Serves the page of `sdk-page.ts`, from an origin of its own. */
export interface PageHost {
  readonly origin: string;
  close(): Promise<void>;
}

export async function hostSdkPage(): Promise<PageHost> {
  const script = await bundled(join(import.meta.dirname, 'sdk-page.ts'));
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    if (!isScript && request.url !== '/') return response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
    const type = isScript ? 'text/javascript' : 'text/html';
    return response
      .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': CSP })
      .end(isScript ? script : HTML);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A file and all that it imports, as one module for a browser. */
async function bundled(input: string): Promise<string> {
  const { output } = await build({ input, platform: 'browser', write: false, output: { format: 'esm' }, logLevel: 'warn' });
  return output[0].code;
}
