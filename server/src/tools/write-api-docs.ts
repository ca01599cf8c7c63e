import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../app.js';
import { asyncApiDocument } from '../edge/http/async-api.js';
import { apiRoutes, type HttpParts } from '../edge/http/http-api.js';
import { openApiDocument } from '../edge/http/open-api.js';

/** `npm run docs:api`: writes the API documents as a server of this version serves them. */
const folder = join(import.meta.dirname, '../../../docs');
/** Routes are only described here; nothing behind them is ever called. */
const nothing = new Proxy({}, { get: () => ({}) }) as HttpParts;

new Command('npm run docs:api')
  .description('Writes the OpenAPI and AsyncAPI documents into docs/, as a server of this version serves them.')
  .showHelpAfterError()
  .parse();

await mkdir(folder, { recursive: true });
await write('openapi.json', await openApiDocument(VERSION, (app) => apiRoutes(app, nothing)));
await write('asyncapi.json', asyncApiDocument(VERSION));

async function write(name: string, document: object): Promise<void> {
  await writeFile(join(folder, name), `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`docs/${name}\n`);
}
