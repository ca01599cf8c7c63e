import type { Redis } from 'ioredis';
import type { Client } from '../redis-client.js';

/** What an operator should know of the Redis that we found. Empty: all is well. */
export async function redisWarnings(client: Client): Promise<string[]> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  const all = await Promise.all(nodes.map(warningsOf));
  return [...new Set(all.flat())];
}

async function warningsOf(node: Redis): Promise<string[]> {
  let settings: Map<string, string>;
  try {
    settings = await readSettings(node);
  } catch {
    return ['Redis does not say whether it evicts keys and whether it has an append-only file: unknown.'];
  }
  const warnings: string[] = [];
  const policy = settings.get('maxmemory-policy');
  if (settings.get('maxmemory') !== '0' && policy !== 'noeviction') {
    warnings.push(`Redis evicts keys when it is full (maxmemory-policy ${policy}): set noeviction, or jobs may be lost.`);
  }
  if (settings.get('appendonly') !== 'yes') {
    warnings.push('Redis has no append-only file (appendonly no): a restart loses its jobs and caches.');
  }
  return warnings;
}

async function readSettings(node: Redis): Promise<Map<string, string>> {
  const settings = new Map<string, string>();
  // One by one: servers before 7.0 take one pattern.
  for (const name of ['maxmemory', 'maxmemory-policy', 'appendonly']) {
    const [, value] = (await node.config('GET', name)) as string[];
    if (value === undefined) throw new Error(`Redis does not know ${name}`);
    settings.set(name, value);
  }
  return settings;
}
