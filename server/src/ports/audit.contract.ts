import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { AuditEntry } from './audit.js';
import { Stage, type OpenStores } from './stage.contract.js';

/** What every audit log keeps. */
export function auditContract(name: string, open: OpenStores): void {
  const stage = new Stage(open);
  const log = (turn = 0) => stage.node(turn).audit;
  /** As UUIDv7 are: their order is that of time. */
  const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
    id: `01900000-0000-7${String(n).padStart(3, '0')}-8000-${randomUUID().slice(-12)}`,
    at: 1_790_000_000_000 + n,
    actor: 'ann',
    action: 'suspend',
    target: 'bob',
    address: '10.0.0.1',
    ...more,
  });

  it(`the audit log on ${name} gives what was added, the newest first, page by page`, async () => {
    const all = [entry(1), entry(2, { actor: null, address: null, action: 'make_admin' }), entry(3, { action: 'drop_job' })];
    for (const [turn, each] of [all[1], all[0], all[2]].entries()) if (each !== undefined) await log(turn).add(each);
    const newestFirst = all.toReversed();
    expect(await log(1).page(null, 10)).toEqual(newestFirst);
    expect(await log().page(null, 2)).toEqual(newestFirst.slice(0, 2));
    expect(await log(1).page(newestFirst[1]?.id ?? '', 2)).toEqual(newestFirst.slice(2));
    expect(await log().page(newestFirst[2]?.id ?? '', 2)).toEqual([]);
  });
}
