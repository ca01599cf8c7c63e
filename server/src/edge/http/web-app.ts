import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '@parley/protocol';
import type { HttpApp } from './http-app.js';

/** Everything that the page loads or talks to comes from this server, its sockets included; no script or style is inline. */
const APP_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
const PERMISSIONS = 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()';

/** The build puts a hash of the content into these names: what is under one never changes. */
const HASHED = '/assets/';
/** What is missing here is missing, whoever asks. */
const NO_PAGES = [HASHED, '/ws/'];
const FOR_GOOD = 'public, max-age=31536000, immutable';
const ASK_FIRST = 'no-cache';
/** The best first. Made by the build beside the file; without them the file itself is sent. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

const NOT_BUILT = `Parley runs, and its web client is not built yet. In the folder of the project:

  npm start

and load this page again. The HTTP API: /docs. The sockets: /docs/async.
`;

/** The web client: the files that its build made, and index.html for all paths that only the app itself knows. */
export function webAppRoutes(app: HttpApp, { folder }: { folder: string }): void {
  app.get('/*', { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const isPage = path === '/' || (acceptsPage(request) && !NO_PAGES.some((start) => path.startsWith(start)));
    const file = (await find(folder, path, request)) ?? (isPage ? await find(folder, '/index.html', request) : null);
    if (file !== null) {
      reply.header('cache-control', path.startsWith(HASHED) ? FOR_GOOD : ASK_FIRST).header('vary', 'accept-encoding');
      reply.header('content-security-policy', APP_CSP).header('permissions-policy', PERMISSIONS);
      return reply.code(file.statusCode).headers(file.headers).send(file.stream);
    }
    if (isPage) return reply.type('text/plain; charset=utf-8').send(NOT_BUILT);
    throw new Refusal('not_found', 'there is no such route');
  });
}

const acceptsPage = ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') === true;

interface FileAnswer {
  statusCode: number;
  headers: Record<string, string>;
  stream: Readable;
}

/** The file in the best encoding that the browser takes; null: there is none. `path` is as in the URL. */
async function find(folder: string, path: string, request: FastifyRequest): Promise<FileAnswer | null> {
  for (const { name, ending } of ENCODINGS) {
    const packed = takes(request, name) ? await open(folder, path, ending, request) : null;
    if (packed !== null) return { ...packed, headers: { ...packed.headers, 'content-encoding': name } };
  }
  return open(folder, path, '', request);
}

async function open(folder: string, path: string, ending: string, { raw }: FastifyRequest): Promise<FileAnswer | null> {
  // Loaded with the first page: a start need not wait for it.
  const { send, mime, isUtf8MimeType } = await import('@fastify/send');
  const { type, ...answer } = await send(raw, path + ending, {
    root: folder,
    index: false,
    dotfiles: 'ignore',
    cacheControl: false,
    lastModified: false,
    acceptRanges: false,
    contentType: false,
  });
  if (type !== 'file') return null;
  const contentType = mime.getType(path) ?? 'application/octet-stream';
  const charset = isUtf8MimeType(contentType) ? '; charset=utf-8' : '';
  return { ...answer, headers: { ...answer.headers, 'content-type': contentType + charset } };
}

function takes({ headers }: FastifyRequest, encoding: string): boolean {
  const [item] = [headers['accept-encoding'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .filter((item) => item.trim().startsWith(encoding));
  return item !== undefined && !/;\s*q=0(\.0*)?\s*$/.test(item);
}
