import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

/** What the page of the HTTP API consists of, by its name under /docs. All of it comes from this server: it works offline. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
type AssetName = keyof typeof ASSETS;
export const SWAGGER_UI_ASSETS = Object.keys(ASSETS) as AssetName[];

/**
 * One of the files of the package. Read when asked for: the package's own fastify plugin would cost each start 40 ms and
 * 5 MB for a page that few open.
 */
export async function swaggerUiAsset(name: AssetName): Promise<{ type: string; content: Buffer }> {
  const file = createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);
  return { type: ASSETS[name], content: await readFile(file) };
}

/** The page itself. */
export const SWAGGER_UI_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley HTTP API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

/** A file of its own, because the page's CSP allows no inline script. */
export const SWAGGER_UI_START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;
