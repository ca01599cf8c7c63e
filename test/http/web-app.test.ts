import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { rawHttp } from '../world/raw-http.js';
import { startServer, type RunningServer } from '../world/server.js';

const SCRIPT = `console.log(${JSON.stringify('hello '.repeat(200))});`;
const FILES: Record<string, string | Buffer> = {
  'dist/index.html': '<!doctype html><title>Parley</title><script type="module" src="/assets/app-1a2b3c.js"></script>',
  'dist/manifest.webmanifest': '{"name":"Parley"}',
  'dist/sw.js': 'self.skipWaiting();',
  'dist/icons/icon 192.png': Buffer.from('89504e470d0a1a0a', 'hex'),
  'dist/.hidden': 'nobody sees this',
  'dist/assets/app-1a2b3c.js': SCRIPT,
  'dist/assets/app-1a2b3c.js.br': brotliCompressSync(SCRIPT),
  'dist/assets/app-1a2b3c.js.gz': gzipSync(SCRIPT),
  'dist/assets/style-4d5e6f.css': 'body{}',
  'secret.txt': 'outside',
};

let folder: string;
let server: RunningServer;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-web-'));
  for (const sub of ['dist/icons', 'dist/assets']) await mkdir(join(folder, sub), { recursive: true });
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(folder, name), content);
  server = await startServer({ WEB_DIR: join(folder, 'dist') }, {}, 1);
  base = server.addresses.http;
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(base + path, { headers: { 'accept-encoding': 'identity', ...headers }, method });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('the app', () => {
  test('is at / and at each path of its own', async () => {
    const paths = [
      '/',
      '/sign-in',
      '/sign-up',
      '/c/ann',
      '/c/j.doe',
      '/g/0190f5a0',
      '/join/x',
      '/settings/profile',
      '/admin/users',
    ];
    for (const path of [...paths, '/?x=1', '/c/ann?at=5']) {
      const { status, headers, text } = await get(path, PAGE);
      expect([path, status, text, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        path,
        200,
        FILES['dist/index.html'],
        'text/html; charset=utf-8',
        'no-cache',
      ]);
    }
    expect((await get('/')).text).toBe(FILES['dist/index.html']);
    expect(await get('/c/ann', PAGE, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  test('loads nothing from elsewhere, runs no inline script, and is in nobody’s frame', async () => {
    for (const path of ['/', '/sw.js']) {
      const { headers } = await get(path);
      expect(
        Object.fromEntries((headers.get('content-security-policy') ?? '').split('; ').map((part) => part.split(/ (.*)/))),
      ).toEqual({
        'default-src': "'none'",
        'script-src': "'self'",
        'style-src': "'self'",
        'img-src': "'self' data: blob:",
        'connect-src': "'self'",
        'font-src': "'self'",
        'manifest-src': "'self'",
        'worker-src': "'self'",
        'base-uri': "'none'",
        'form-action': "'self'",
        'frame-ancestors': "'none'",
      });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=(), ');
    }
  });

  test('its sockets are where it comes from', async () => {
    const { token } = await register(base, 'ann');
    for (const path of ['/ws/chat', '/ws/presence']) {
      const socket = await RawClient.connect(base.replace('http', 'ws') + path, token, { headers: { origin: base } });
      await socket.settle();
      await socket.close();
    }
  });

  test.each([
    ['/manifest.webmanifest', 'application/manifest+json'],
    ['/sw.js', 'application/javascript; charset=utf-8'],
    ['/icons/icon%20192.png', 'image/png'],
    ['/index.html', 'text/html; charset=utf-8'],
  ])('%s is asked for again each time, and spared by its ETag', async (path, type) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, type, 'no-cache']);
    // By hand: node's fetch says `cache-control: no-cache` with it, as a browser does for a forced reload.
    const tag = headers.get('etag') ?? '';
    const asked = `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-encoding: identity\r\nif-none-match: ${tag}\r\n\r\n`;
    expect(await rawHttp(base, asked)).toMatchObject({ status: 304, body: '' });
  });

  test.each([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip, br;q=0', 'gzip'],
    ['identity', null],
  ])('an asset is kept for good, and comes packed for who takes %s', async (accepted, encoding) => {
    const answer = await get('/assets/app-1a2b3c.js', { 'accept-encoding': accepted });
    expect([answer.status, answer.text, answer.headers.get('content-encoding')]).toEqual([200, SCRIPT, encoding]);
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('vary')).toContain('accept-encoding');
    const unpacked = await get('/assets/style-4d5e6f.css', { 'accept-encoding': accepted });
    expect([unpacked.text, unpacked.headers.get('content-encoding')]).toEqual(['body{}', null]);
  });
});

describe('what is not of the app', () => {
  test.each(['/assets/old-000000.js', '/ws/chat', '/assets/'])('%s is not there, also for a page', async (path) => {
    const { status, text } = await get(path, PAGE);
    expect([status, JSON.parse(text)]).toMatchObject([404, { error: { code: 'not_found' } }]);
  });

  test('routes of the API stay what they are, also for a page', async () => {
    expect((await get('/me', PAGE)).status).toBe(401);
    expect((await get('/docs', PAGE)).text).toContain('Parley HTTP API');
    expect(JSON.parse((await get('/nope')).text)).toMatchObject({ error: { code: 'not_found' } });
    expect(await get('/c/ann', PAGE, 'POST')).toMatchObject({ status: 404 });
  });

  test('nothing hidden is served, nor anything beside the folder', async () => {
    for (const path of ['/.hidden', '/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/icons', '/%00']) {
      const answer = await rawHttp(base, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });
});

test('without a build, / says how to make one', async () => {
  const bare = await startServer({ WEB_DIR: join(folder, 'not-there') }, {}, 1);
  try {
    for (const path of ['/', '/c/ann']) {
      const response = await fetch(bare.addresses.http + path, { headers: PAGE });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
      expect(await response.text()).toContain('npm start');
    }
  } finally {
    await bare.remove();
  }
});
