import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { SessionRow, SessionStore } from '../ports/accounts.js';
import { CachedSessions } from './cached-sessions.js';
import { onRedis } from './redis/temporary.contract.js';

onRedis('single', (name, place) => {
  it(`R23 whose end was told to nobody is not let in again by the cache once it is found: ${name}`, async () => {
    const [one, other] = [place.node(), place.node()];
    await Promise.all([one.start(), other.start()]);
    const session: SessionRow = {
      id: randomUUID(),
      userId: 'ann',
      createdAt: 1,
      lastUsedAt: 1,
      expiresAt: 9e15,
      userAgent: null,
      address: null,
    };
    let isThere = true;
    const store = {
      get: async () => (isThere ? session : null),
      endedAmong: async (ids: string[]) => (isThere ? [] : ids),
    } as unknown as SessionStore;
    const at = (node: typeof one) =>
      new CachedSessions({
        sessions: store,
        cache: () => node.sessions,
        meter: { count: () => {}, time: () => {}, set: () => {} },
        onError: (error) => expect.unreachable(String(error)),
      });
    const [here, there] = [at(one), at(other)];
    await here.get(session.id);
    await expect.poll(() => other.sessions.read(session.id)).toMatchObject({ row: session });
    isThere = false;
    expect(await here.endedAmong([session.id])).toEqual([session.id]);
    expect(await there.get(session.id)).toBeNull();
    await place.close();
  });
});
