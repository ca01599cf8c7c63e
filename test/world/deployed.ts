import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { startNginx } from '../../backing/src/nginx.js';
import { startPrometheus } from '../../backing/src/prometheus.js';
import { findProgram, needProgram, type Program } from '../../backing/src/programs.js';
import { servicesMode } from './wanted.js';

export const ROOT = join(import.meta.dirname, '../..');
export const deployed = (path: string) => readFile(join(ROOT, path), 'utf8');

export const INSTALLING_MAX_MS = 300_000;

/** Why a program could not be installed, by its name. */
const failures = new Map<string, Error>();

/** Before the tests, whose time is for what they show. A program that cannot be had is told by `programFor`. */
export async function install(...programs: Program[]): Promise<void> {
  if (servicesMode() === 'off') return;
  const need = (program: Program) => needProgram(program).catch((error: Error) => failures.set(program.name, error));
  await Promise.all(programs.map(need));
}

/** The path of a program that was to be installed. Where it is not the test is skipped, or fails as for a service. */
export function programFor(context: TestContext, program: Program): string {
  const path = findProgram(program);
  if (path !== null) return path;
  const failure = failures.get(program.name) ?? new Error(`${program.name} is not installed`);
  if (servicesMode() === 'required') throw failure;
  return context.skip(failure.message);
}

/** `host:port` of the servers of each upstream. */
export type Upstreams = Record<'api' | 'chat' | 'presence', readonly string[]>;

/** The real nginx with `deploy/nginx.conf`: only its port, its servers and its folder are others. Gives its address. */
export async function startProxy(upstreams: Upstreams): Promise<string> {
  const folder = await temporaryFolder('nginx');
  const conf = await deployed('deploy/nginx.conf');
  const { url, node } = await startNginx(folder, (port) =>
    conf
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
      .replace(/^ *resolver .*$/m, '')
      .replaceAll(/server (\w+):\d+ resolve(.*)$/gm, (_line, role: keyof Upstreams, options: string) =>
        upstreams[role].map((server) => `server ${server}${options}`).join(' '),
      )
      .replaceAll('/tmp/', `${folder}/`),
  );
  onTestFinished(() => node.stop());
  return url;
}

/** The real Prometheus with `deploy/prometheus.yml` and its alerts, told of these servers instead of asking Docker's DNS. */
export async function startWatching(servers: Record<string, string>, token: string): Promise<string> {
  const folder = await temporaryFolder('prometheus');
  await mkdir(join(folder, 'data'));
  await copyFile(join(ROOT, 'deploy/alerts.yml'), join(folder, 'alerts.yml'));
  await writeFile(join(folder, 'metrics-token'), token);
  const found = Object.entries(servers).map(
    ([role, server]) => `      - { targets: ['${server}'], labels: { __meta_dns_name: ${role} } }\n`,
  );
  const config = await deployed('deploy/prometheus.yml');
  const { url, node } = await startPrometheus(
    folder,
    config
      .replaceAll(/_interval: 15s/g, '_interval: 1s')
      .replace(/dns_sd_configs:\n.*?(?= *relabel_configs)/s, `static_configs:\n${found.join('')}`)
      .replaceAll('/tmp/', `${folder}/`),
  );
  onTestFinished(() => node.stop());
  return url;
}

async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `parley-${name}-`));
  // The workers of an nginx that root starts run as another user.
  await chmod(folder, 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
