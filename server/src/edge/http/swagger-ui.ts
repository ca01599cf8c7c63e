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
<meta name="color-scheme" content="light dark"><title>Parley HTTP API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/start.js"></script><script defer src="/docs/swagger-ui-bundle.js"></script></head>
<body><main id="swagger-ui"></main>
<noscript><p>This page needs JavaScript. The same as a document: <a href="/openapi.json">openapi.json</a>.</p></noscript></body></html>
`;

/** A file of its own, because the page's CSP allows no inline script. In the head: a dark page is never white before. */
export const SWAGGER_UI_START = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
follow();
dark.addEventListener('change', follow);
addEventListener('DOMContentLoaded', () =>
  SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    docExpansion: 'list',
    tryItOutEnabled: true,
    validatorUrl: null,
  }),
);
`;

/** Beside the package's own style, which leaves much of a light page too pale to read, and wastes a phone's room. */
export const SWAGGER_UI_STYLE = `
body { margin: 0; }
noscript p { margin: 1rem; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .info a, .swagger-ui a.link { text-decoration: underline; }
.swagger-ui .scheme-container { padding: 12px 0; }
/* There is one server: this one. */
.swagger-ui .schemes-server-container { display: none !important; }
.swagger-ui .scheme-container .schemes { justify-content: flex-end; }
.swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; gap: 8px; }
.swagger-ui .try-out { margin-left: auto; }
.swagger-ui .microlight, .swagger-ui .microlight code { background: #1b1b1b !important; }
html:not(.dark-mode) .swagger-ui :is(.info a, a.link, .info .url) { color: #1f5fa8; }
html:not(.dark-mode) .swagger-ui .info .title small { background: #5a606e; }
html:not(.dark-mode) .swagger-ui .info .title small.version-stamp { background: #3f6212; }
html:not(.dark-mode) .swagger-ui .btn.authorize { color: #157a4c; border-color: currentColor; }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { fill: currentColor !important; }
html:not(.dark-mode) .swagger-ui .required::after { color: #b3261e !important; }
html:not(.dark-mode) .swagger-ui .btn.cancel { color: #b3261e; border-color: currentColor; }
html:not(.dark-mode) .swagger-ui .btn.execute { background: #1f62b0; border-color: #1f62b0; }
html:not(.dark-mode) .swagger-ui .download-contents { background: #5a606e; }
html:not(.dark-mode) .swagger-ui :is(.response-undocumented, .json-schema-2020-12-expand-deep-button) { color: #5a606e; }
html:not(.dark-mode) .swagger-ui .opblock-get .opblock-summary-method { background: #1f62b0; }
html:not(.dark-mode) .swagger-ui .opblock-post .opblock-summary-method { background: #17794b; }
html:not(.dark-mode) .swagger-ui .opblock-put .opblock-summary-method { background: #8f5200; }
html:not(.dark-mode) .swagger-ui .opblock-patch .opblock-summary-method { background: #0f766a; }
html:not(.dark-mode) .swagger-ui .opblock-delete .opblock-summary-method { background: #c11f1f; }
html.dark-mode .swagger-ui .opblock .opblock-section-header .try-out__btn.cancel { color: #ff9b92; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
`;
