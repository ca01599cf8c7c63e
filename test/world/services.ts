import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { servicesMode } from './wanted.js';

declare module 'vitest' {
  /** Where the real services of this run are, as the settings of the same name say it; null: this run has none. */
  interface ProvidedContext {
    /** `POSTGRES_URL`; its user may create databases. */
    postgres: string | null;
    /** `REDIS_URL` */
    redis: string | null;
    /** `REDIS_CLUSTER`: `host:port` of three masters, with commas between. */
    redisCluster: string | null;
    /** `CASSANDRA_CONTACT_POINTS` and `CASSANDRA_DATA_CENTER` */
    cassandra: { contactPoints: string; dataCenter: string } | null;
  }
}

interface Outcome {
  env: Partial<Record<string, string>>;
  failed: Partial<Record<string, string>>;
}

const SERVICES = join(import.meta.dirname, '../../backing/dist/main.js');
const WANTED = 'postgres,redis,redis-cluster,cassandra';

let keeper: ChildProcess | null = null;

/**
 * Brings up one of each service for the whole run. `PARLEY_SERVICES`: `off` for a run without, `required` for one that
 * fails if there is one that cannot be had; CI requires them.
 */
export async function setup(project: TestProject): Promise<void> {
  const mode = servicesMode();
  const { env, failed } = mode === 'off' ? { env: {}, failed: {} } : await bringUp();
  const missing = Object.keys(failed);
  if (missing.length > 0 && mode === 'required') {
    await teardown();
    throw new Error(`this run requires ${missing.join(', ')}:\n${Object.values(failed).join('\n')}`);
  }
  if (missing.length > 0) process.stdout.write(`Without ${missing.join(', ')}: the tests that need it are skipped.\n`);
  // A further project of this run finds them given, and brings up none of its own.
  Object.assign(process.env, env);
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_DATA_CENTER: dataCenter } = env;
  project.provide('postgres', env['POSTGRES_URL'] ?? null);
  project.provide('redis', env['REDIS_URL'] ?? null);
  project.provide('redisCluster', env['REDIS_CLUSTER'] ?? null);
  project.provide('cassandra', contactPoints === undefined || dataCenter === undefined ? null : { contactPoints, dataCenter });
}

export async function teardown(): Promise<void> {
  if (keeper === null || keeper.exitCode !== null || keeper.signalCode !== null) return;
  const ended = once(keeper, 'exit');
  keeper.stdin?.end();
  await ended;
  keeper = null;
}

/** A process of its own keeps them: it sees by its standard input when this one ends, even if that is killed. */
async function bringUp(): Promise<Outcome> {
  const args = ['up', '--throwaway', '--while-stdin', '--json', '--only', WANTED];
  keeper = spawn(process.execPath, [SERVICES, ...args], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const { stdout } = keeper;
  if (stdout === null) throw new Error('no output to read');
  return new Promise((resolve, reject) => {
    createInterface(stdout)
      .once('line', (line) => resolve(JSON.parse(line) as Outcome))
      .once('close', () => reject(new Error('the services ended before they were up')));
  });
}
