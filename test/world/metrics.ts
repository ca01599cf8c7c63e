import type { Addresses } from '@parley/server';
import { until } from './until.js';

const ARCHIVED_MS = 20_000;

/** What a server's metrics page says, by name without `parley_`, with its labels if it has some; NaN: it is not there. */
export async function metric(http: string, name: string): Promise<number> {
  const page = await (await fetch(`${http}/metrics`)).text();
  const line = page.split('\n').find((each) => each.startsWith(`parley_${name} `));
  return Number(line?.split(' ')[1]);
}

/** The sum over several servers. */
export async function metricOfAll(nodes: readonly Addresses[], name: string): Promise<number> {
  const each = await Promise.all(nodes.map(({ http }) => metric(http, name)));
  return each.reduce((sum, value) => sum + value, 0);
}

/** Waits until everything that these servers appended is in Cassandra. */
export async function archived(nodes: readonly Addresses[]): Promise<void> {
  await until('all is archived', async () => (await metricOfAll(nodes, 'journal_unarchived')) === 0, ARCHIVED_MS);
}
