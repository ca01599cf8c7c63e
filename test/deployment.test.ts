import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SETTINGS } from '@parley/server';
import { deployed, ROOT } from './world/deployed.js';
import { portOf, startServer } from './world/server.js';

/** The instructions of the Dockerfile, each on one line, without comments. */
async function instructions(): Promise<string[]> {
  const text = (await deployed('deploy/Dockerfile')).replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  return text.split('\n').filter((line) => line.trim() !== '');
}

const first = (pattern: RegExp, text: string): string => {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no ${pattern.source}`);
  return found;
};

/** Of everything compiled that may run in the image: the server with its threads and tools, and the bundle. */
async function importsOf(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const file of await readdir(join(ROOT, folder), { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const text = await readFile(join(ROOT, folder, file), 'utf8');
    const found = text.matchAll(/^(?:import|export)\b[^;'"]*\bfrom\s*['"]([\w@./-]+)['"]|\bimport\s*\(?['"]([\w@./-]+)['"]/gm);
    for (const name of [...found].map(([, named, loaded]) => named ?? loaded ?? ''))
      if (/^[@a-z]/.test(name) && !isBuiltin(name)) names.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  }
  return names;
}

describe('the image', () => {
  test('copies only what is there, and what .dockerignore lets through', async () => {
    const sources = (await instructions())
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    const lines = (await deployed('.dockerignore')).split('\n');
    expect(lines).toContain('*');
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const passes = (source: string) => allowed.some((path) => source === path || source.startsWith(`${path}/`));
    expect(sources.filter((source) => !passes(source))).toEqual([]);
    expect(allowed.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('runs what "npm start" runs, as nobody in particular, and ends by a signal', async () => {
    const all = await instructions();
    const { scripts } = JSON.parse(await deployed('package.json')) as { scripts: Record<string, string> };
    const lastStage = all.slice(all.findLastIndex((line) => line.startsWith('FROM ')));
    const command = lastStage.find((line) => line.startsWith('CMD ')) ?? '';
    expect((JSON.parse(command.slice(4)) as string[]).join(' ')).toBe(scripts['start']);
    expect(lastStage).toContain('ENTRYPOINT ["tini", "--"]');
    expect(first(/^USER (\d+):\d+$/m, lastStage.join('\n'))).not.toBe('0');
    expect(lastStage.join('\n')).toContain('CMD ["node", "deploy/health.mjs"]');
    expect(all.join('\n')).toMatch(/^RUN npm ci .*--omit=dev/m);
  });

  test('has every package that the server imports without its development dependencies', async () => {
    const lock = JSON.parse(await deployed('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
    const stays = (name: string) => {
      const locked = lock.packages[`node_modules/${name}`];
      return locked !== undefined && locked.dev !== true;
    };
    const imported = new Set([...(await importsOf('server/dist')), ...(await importsOf('protocol/dist'))]);
    expect([...imported]).toEqual(expect.arrayContaining(['@photostructure/sqlite', 'fastify', 'pg', 'cassandra-driver']));
    expect([...imported].filter((name) => !stays(name))).toEqual([]);
    expect(stays('vitest')).toBe(false);
  });

  test('its health check asks the port of the role: 0 while the server answers, 1 when it does not', async () => {
    const server = await startServer();
    onTestFinished(() => server.remove());
    const { http, chat, presence } = server.addresses;
    const check = async (env: Record<string, string>) => {
      const args = [join(ROOT, 'deploy/health.mjs')];
      const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'inherit' });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    };
    const each: Record<string, string>[] = [
      { HTTP_PORT: portOf(http) },
      { ROLES: 'api,worker', HTTP_PORT: portOf(http) },
      { ROLES: 'worker, chat', HTTP_PORT: '1', CHAT_PORT: portOf(chat) },
      { ROLES: 'presence', HTTP_PORT: '1', PRESENCE_PORT: portOf(presence) },
      { ROLES: 'worker', HTTP_PORT: portOf(http) },
    ];
    expect(await Promise.all(each.map(check))).toEqual([0, 0, 0, 0, 0]);
    await server.stop();
    expect(await Promise.all(each.slice(0, 2).map(check))).toEqual([1, 1]);
  });
});

describe('what is written in two places fits', () => {
  const drainS = Number(SETTINGS.DRAIN_TIMEOUT_S.byDefault);

  test('compose.yaml gives a server more time than it takes to drain, and only settings that there are', async () => {
    const compose = await deployed('compose.yaml');
    const server = first(/^x-parley: &parley\n(.*?)^\S/ms, compose);
    expect(Number(first(/stop_grace_period: (\d+)s/, server))).toBeGreaterThan(drainS);
    const names = [...first(/^x-environment: &environment\n(.*?)^\S/ms, compose).matchAll(/^ {2}([A-Z_]+):/gm)].map(
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !(name in SETTINGS))).toEqual([]);
    expect([...compose.matchAll(/ROLES: (\w+)/g)].map(([, role]) => role)).toEqual(['api', 'chat', 'presence', 'worker']);
  });

  test('so does Kubernetes, after the wait for its endpoints', async () => {
    const page = await deployed('docs/kubernetes.md');
    const graces = [...page.matchAll(/terminationGracePeriodSeconds: (\d+)/g)].map(([, seconds]) => Number(seconds));
    const sleeps = [...page.matchAll(/sleep: \{ seconds: (\d+) \}/g)].map(([, seconds]) => Number(seconds));
    expect(graces.length).toBeGreaterThan(0);
    for (const grace of graces) expect(grace).toBeGreaterThan(Math.max(0, ...sleeps) + drainS);
  });

  test('nginx holds a quiet socket for longer than its heartbeat, and lets go of an idle server before that does', async () => {
    const conf = await deployed('deploy/nginx.conf');
    const sockets = first(/location ~ \^\/ws\/[^{]*\{(.*?)\n {4}\}/s, conf);
    const quietS = Number(SETTINGS.HEARTBEAT_S.byDefault) + Number(SETTINGS.HEARTBEAT_TIMEOUT_S.byDefault);
    for (const direction of ['read', 'send'])
      expect(Number(first(new RegExp(`proxy_${direction}_timeout (\\d+)s`), sockets))).toBeGreaterThan(quietS);
    expect(conf).not.toMatch(/ip_hash|sticky|hash \$/);
    expect(conf.match(/least_conn;/g)).toHaveLength(3);
    expect(first(/limit_conn connections (\d+);/, conf)).toBe(SETTINGS.LIMIT_CONNECTIONS_PER_ADDRESS.byDefault);
    expect(first(/rate=(\d+)r\/s/, conf)).toBe(SETTINGS.LIMIT_REQUESTS_PER_S.byDefault);
    expect(first(/burst=(\d+)/, conf)).toBe(SETTINGS.LIMIT_REQUESTS_BURST.byDefault);
    const server = await readFile(join(ROOT, 'server/src/edge/http/http-server.ts'), 'utf8');
    const keptS = Number(first(/keepAliveTimeout: ([\d_]+)/, server).replaceAll('_', '')) / 1_000;
    expect(Number(first(/keepalive 32;.*?keepalive_timeout (\d+)s/s, conf))).toBeLessThan(keptS);
  });
});
