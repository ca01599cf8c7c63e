import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { PresenceBoard, StandingChanged } from './presence-board.js';
import { soon } from './ears.contract.js';

/** A server of a cluster, as far as its board goes. */
export interface BoardServer {
  board: PresenceBoard;
  /** Ends as a process does that is killed: without a word. */
  kill(): void;
  /** Leaves. */
  close(): Promise<void>;
}

/** Servers that find each other, and nobody else. */
export interface BoardCluster {
  join(changed: StandingChanged): Promise<BoardServer>;
  /** Whatever is between the servers loses all it has. */
  loseEverything(): Promise<void>;
  close(): Promise<void>;
}

/** A server that knows how people stand elsewhere as `Presence` does: it reads again whenever it is told to. */
class Watch implements BoardServer {
  readonly told: (string | null)[] = [];
  /** Those of whom it was told that a server of theirs died. */
  readonly bereft = new Set<string | null>();
  readonly seen = new Map<string, string>();
  readonly #followed = new Set<string>();
  #server: BoardServer | null = null;

  static async join(cluster: BoardCluster): Promise<Watch> {
    const watch = new Watch();
    watch.#server = await cluster.join((userId, died) => {
      watch.told.push(userId);
      if (died) watch.bereft.add(userId);
      if (watch.#server === null) return;
      void watch.#read(userId === null ? [...watch.#followed] : [userId]);
    });
    return watch;
  }

  get board(): PresenceBoard {
    return this.#mine.board;
  }

  async follow(...userIds: string[]): Promise<void> {
    for (const userId of userIds) this.#followed.add(userId);
    await this.board.follow(userIds);
    await this.#read(userIds);
  }

  kill(): void {
    this.#mine.kill();
  }

  close(): Promise<void> {
    return this.#mine.close();
  }

  get #mine(): BoardServer {
    if (this.#server === null) throw new Error('not joined');
    return this.#server;
  }

  async #read(userIds: string[]): Promise<void> {
    const found = await this.board.elsewhere(userIds);
    for (const userId of userIds) this.seen.set(userId, found.get(userId) ?? 'offline');
  }
}

const HERE = { away: false };
const AWAY = { away: true };

/** What every board between servers does (P1). */
export function presenceBoardContract(name: string, open: () => Promise<BoardCluster>): void {
  describe(`presence board on ${name}`, () => {
    const clusters: BoardCluster[] = [];
    afterAll(() => Promise.all(clusters.map((cluster) => cluster.close())));

    const three = async () => {
      const cluster = await open();
      clusters.push(cluster);
      const [a, b, c] = await Promise.all([1, 2, 3].map(() => Watch.join(cluster)));
      return { cluster, a: a as Watch, b: b as Watch, c: c as Watch, user: randomUUID() };
    };

    it('P1 who follows somebody hears of each change elsewhere', async () => {
      const { a, b, user } = await three();
      await a.follow(user);
      expect(a.seen.get(user)).toBe('offline');
      for (const [standing, expected] of [
        [HERE, 'online'],
        [AWAY, 'away'],
        [HERE, 'online'],
        [null, 'offline'],
      ] as const) {
        b.board.put(user, standing);
        await soon(() => expect(a.seen.get(user)).toBe(expected));
      }
    });

    it('P1 away is who is away on all servers, offline who is on none', async () => {
      const { a, b, c, user } = await three();
      await a.follow(user);
      b.board.put(user, AWAY);
      await soon(() => expect(a.seen.get(user)).toBe('away'));
      c.board.put(user, HERE);
      await soon(() => expect(a.seen.get(user)).toBe('online'));
      c.board.put(user, AWAY);
      await soon(() => expect(a.seen.get(user)).toBe('away'));
      b.board.put(user, null);
      c.board.put(user, null);
      await soon(() => expect(a.seen.get(user)).toBe('offline'));
    });

    it('what stands there before one follows is read, and how somebody stands here is left out', async () => {
      const { a, b, user } = await three();
      const mine = randomUUID();
      b.board.put(user, AWAY);
      await soon(async () => expect((await a.board.elsewhere([user])).get(user)).toBe('away'));
      a.board.put(mine, HERE);
      await soon(async () => expect((await b.board.elsewhere([mine])).get(mine)).toBe('online'));
      await a.follow(user, mine);
      expect([a.seen.get(user), a.seen.get(mine)]).toEqual(['away', 'offline']);
    });

    it('P1 who leaves a server that lives is not told as left behind by a dead one', async () => {
      const { a, b, user } = await three();
      await a.follow(user);
      b.board.put(user, HERE);
      await soon(() => expect(a.seen.get(user)).toBe('online'));
      b.board.put(user, null);
      await soon(() => expect(a.seen.get(user)).toBe('offline'));
      expect([...a.bereft]).toEqual([]);
    });

    it('nobody is told of those whom they do not follow, nor of what they said themselves', async () => {
      const { a, b, c, user } = await three();
      const other = randomUUID();
      await a.follow(user);
      await c.follow(other);
      c.told.length = 0;
      a.told.length = 0;
      a.board.put(user, HERE);
      b.board.put(user, HERE);
      await soon(() => expect(a.seen.get(user)).toBe('online'));
      a.board.unfollow(user);
      await sleep(100);
      const before = a.told.length;
      b.board.put(user, AWAY);
      await soon(async () => expect((await c.board.elsewhere([user])).get(user)).toBe('online'));
      await sleep(200);
      expect(a.told.length).toBe(before);
      expect(c.told.filter((userId) => userId === user)).toEqual([]);
    });

    it('of changes that follow each other quickly the last one stands', async () => {
      const { a, b } = await three();
      const users = Array.from({ length: 50 }, () => randomUUID());
      await a.follow(...users);
      const last = new Map<string, string>();
      for (let round = 0; round < 40; round++) {
        for (const user of users) {
          const standing = [HERE, AWAY, null][Math.floor(Math.random() * 3)] ?? null;
          b.board.put(user, standing);
          last.set(user, standing === null ? 'offline' : standing.away ? 'away' : 'online');
        }
        if (round % 5 === 0) await sleep(Math.random() * 4);
      }
      await soon(() => expect(a.seen).toEqual(last));
    });

    it('P1 the people of a killed server are offline within twelve seconds, and its followers are told', async () => {
      const { a, b, c, user } = await three();
      const [other, both] = [randomUUID(), randomUUID()];
      await a.follow(user, other, both);
      b.board.put(user, HERE);
      b.board.put(both, HERE);
      c.board.put(both, AWAY);
      c.board.put(other, HERE);
      await soon(() => expect([user, other, both].map((each) => a.seen.get(each))).toEqual(['online', 'online', 'online']));
      b.kill();
      const killedAt = performance.now();
      await soon(
        () => expect([user, other, both].map((each) => a.seen.get(each))).toEqual(['offline', 'online', 'away']),
        15_000,
      );
      expect(performance.now() - killedAt).toBeLessThan(12_000);
      expect([...a.bereft].sort()).toEqual([user, both].sort());
    }, 30_000);

    it('P1 the people of a server that leaves are offline at once', async () => {
      const { a, b, user } = await three();
      await a.follow(user);
      b.board.put(user, HERE);
      await soon(() => expect(a.seen.get(user)).toBe('online'));
      await b.close();
      await soon(() => expect(a.seen.get(user)).toBe('offline'), 2_000);
    });

    it('after a loss of everything all stand as before within ten seconds', async () => {
      const { cluster, a, b } = await three();
      const users = Array.from({ length: 100 }, () => randomUUID());
      await a.follow(...users);
      for (const user of users) b.board.put(user, HERE);
      await soon(() => expect([...a.seen.values()].every((status) => status === 'online')).toBe(true));
      await cluster.loseEverything();
      await sleep(50);
      a.seen.clear();
      a.told.length = 0;
      await soon(() => expect(a.told).toContain(null));
      await soon(async () => expect((await a.board.elsewhere(users)).size).toBe(100));
      b.board.put(users[0] as string, AWAY);
      await soon(() => expect(a.seen.get(users[0] as string)).toBe('away'));
    }, 30_000);
  });
}
