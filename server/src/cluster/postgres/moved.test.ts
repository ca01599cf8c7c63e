import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { only } from '../../ports/stage.contract.js';
import { hasPostgres, TwoServers } from './temporary.contract.js';

describe.runIf(hasPostgres)('R9 what other servers appended', () => {
  const two = new TwoServers();
  const { stage } = two;
  const moved = async (userIds: string[], since: number | null = null, limit = 100) =>
    (await two.nodes[0].moved.movedSince({ userIds, since, limit })).moved;

  it('is told by conversation and range, to its members only', async () => {
    const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
    const chat = await stage.direct(a, b);
    await stage.send(chat, a, {}, 0);
    const firstAt = only(await stage.send(chat, a, {}, 1)).createdAt;
    await stage.send(chat, b, {}, 1);
    expect(await moved([b])).toEqual([{ conversationId: chat, from: 2, to: 3, firstAt }]);
    expect(await moved([a, b, randomUUID()])).toEqual([{ conversationId: chat, from: 2, to: 3, firstAt }]);
    expect(await moved([stranger])).toEqual([]);
    expect(await moved([])).toEqual([]);
  });

  it('is told from a time of the database’s clock on, which each answer gives', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await stage.send(chat, a, {}, 1);
    const { now } = await two.nodes[0].moved.movedSince({ userIds: [b], since: null, limit: 10 });
    expect(await moved([b], now - 60_000)).toHaveLength(1);
    expect(await moved([b], now + 1)).toEqual([]);
    expect(await moved([b], now - 60_000, 0)).toEqual([]);
    const [clock] = await two.database.query<{ now: string }>('SELECT clock_ms() AS now');
    expect(Math.abs(Number(clock?.now) - now)).toBeLessThan(10_000);
  });

  it('is told to who was removed, up to the removal', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await stage.change(
      group,
      a,
      {
        entries: [{ messageId: randomUUID(), kind: 'removed', detail: { userId: b } }],
        members: [{ userId: b, role: null, entry: 0 }],
      },
      1,
    );
    expect(await moved([b])).toMatchObject([{ conversationId: group, from: 3, to: 3 }]);
  });
});
