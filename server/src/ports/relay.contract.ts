import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { EntryHint, EventHint, Hint, Notice, Relay, RelayListener } from './relay.js';

/** A server of a cluster, as far as its relay goes. */
export interface RelayServer {
  relay: Relay;
  /** Ends as a process does that is killed: without a word. */
  kill(): void;
  /** Leaves. */
  close(): Promise<void>;
}

/** Servers that find each other, and nobody else. */
export interface RelayCluster {
  join(listener: RelayListener): Promise<RelayServer>;
  /** Whatever is between the servers loses all it has. */
  loseEverything(): Promise<void>;
  close(): Promise<void>;
}

/** What came to a server. */
export class Ears implements RelayListener {
  readonly hints: Hint[] = [];
  readonly ephemerals: { userIds: readonly string[]; frame: string }[] = [];
  readonly notices: Notice[] = [];
  doubts = 0;
  /** While set, hints wait for it. */
  held: Promise<void> | null = null;

  async hint(hint: Hint): Promise<void> {
    if (this.held !== null) await this.held;
    this.hints.push(hint);
  }
  ephemeral(userIds: readonly string[], frame: Uint8Array): void {
    this.ephemerals.push({ userIds, frame: textOf(frame) });
  }
  notice(notice: Notice): void {
    this.notices.push(notice);
  }
  doubt(): void {
    this.doubts++;
  }

  texts(): string[] {
    return this.hints.map((hint) => textOf(hint.frame));
  }
}

export const textOf = (frame: Uint8Array) => Buffer.from(frame).toString();
/** Not what any text encoding gives back: a frame is bytes. */
const BYTES = Buffer.from([0x81, 0x00, 0xff, 0xfe, 0x0a, 0x0d, 0x20]);

export const event = (userIds: readonly string[], text: string): EventHint => ({
  kind: 'event',
  userIds,
  frame: Buffer.from(text),
});

export const entryHint = (userIds: readonly string[] | null, more: Partial<EntryHint> = {}): EntryHint => ({
  kind: 'entry',
  conversationId: randomUUID(),
  seq: 7,
  membersVersion: 3,
  senderId: randomUUID(),
  frame: Buffer.from('frame'),
  ownFrame: () => Buffer.from('own frame'),
  userIds,
  ...more,
});

/** Within ten seconds, as everything that heals (D4). */
export const soon = <T>(check: () => T | Promise<T>, ms = 10_000) => vi.waitFor(check, { timeout: ms, interval: 20 });

/** What every relay between servers does. */
export function relayContract(name: string, open: () => Promise<RelayCluster>): void {
  describe(`relay on ${name}`, () => {
    const stage = new RelayStage(open);
    afterAll(() => stage.close());
    describe('hints', () => hints(stage));
    describe('the directory', () => directory(stage));
    describe('what may be dropped', () => droppable(stage));
    describe('losses', () => losses(stage));
  });
}

class RelayStage {
  readonly #open: () => Promise<RelayCluster>;
  readonly #clusters: RelayCluster[] = [];

  constructor(open: () => Promise<RelayCluster>) {
    this.#open = open;
  }

  /** Servers of a cluster of their own, each with its ears. */
  async servers<N extends number>(count: N): Promise<{ cluster: RelayCluster; servers: (RelayServer & { ears: Ears })[] }> {
    const cluster = await this.#open();
    this.#clusters.push(cluster);
    const servers = await Promise.all(
      Array.from({ length: count }, async () => {
        const ears = new Ears();
        return { ears, ...(await cluster.join(ears)) };
      }),
    );
    return { cluster, servers };
  }

  async two() {
    const { cluster, servers } = await this.servers(2);
    const [a, b] = servers as [(typeof servers)[0], (typeof servers)[0]];
    return { cluster, a, b };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()));
  }
}

const users = (count: number) => Array.from({ length: count }, () => randomUUID());

function hints(stage: RelayStage): void {
  it('a hint goes to the server of its user as it was sent', async () => {
    const { a, b } = await stage.two();
    const [user, other] = users(2) as [string, string];
    await b.relay.here(user);
    const sent = entryHint([user, other], { frame: BYTES });
    expect(await a.relay.forward(sent)).toEqual([other]);
    await soon(() => expect(b.ears.hints).toHaveLength(1));
    const { frame, ownFrame: _, ...got } = b.ears.hints[0] as EntryHint;
    expect(Buffer.from(frame)).toEqual(BYTES);
    const { frame: __, ownFrame: ___, ...expected } = sent;
    expect(got).toEqual({ ...expected, userIds: [user] });
    expect(a.ears.hints).toEqual([]);
  });

  it('D2 hints come in the order in which they were sent, whatever users and kinds are mixed', async () => {
    const { a, b } = await stage.two();
    const people = users(5);
    await Promise.all(people.map((user) => b.relay.here(user)));
    const texts = Array.from({ length: 500 }, (_, n) => `${n}`);
    await Promise.all(
      texts.map((text, n) => {
        const user = people[n % people.length] as string;
        return a.relay.forward(n % 3 === 0 ? entryHint([user], { frame: Buffer.from(text) }) : event([user], text));
      }),
    );
    await soon(() => expect(b.ears.hints).toHaveLength(500));
    expect(b.ears.texts()).toEqual(texts);
  });

  it('R12 one entry for each server, with the list of those who are there', async () => {
    const { servers } = await stage.servers(3);
    const [a, b, c] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const [atB, alsoAtB, atC, atBoth, atA, nowhere] = users(6) as [string, string, string, string, string, string];
    await Promise.all([
      ...[atB, alsoAtB, atBoth].map((user) => b.relay.here(user)),
      ...[atC, atBoth].map((user) => c.relay.here(user)),
      a.relay.here(atA),
    ]);
    const absent = await a.relay.forward(event([atB, alsoAtB, atC, atBoth, atA, nowhere], 'x'));
    expect(absent).toEqual([atA, nowhere]);
    await soon(() => expect([b.ears.hints.length, c.ears.hints.length]).toEqual([1, 1]));
    expect(b.ears.hints[0]?.userIds).toEqual([atB, alsoAtB, atBoth]);
    expect(c.ears.hints[0]?.userIds).toEqual([atC, atBoth]);
    expect(a.ears.hints).toEqual([]);
  });

  it('R12 an entry of a large group goes to every server, without a list', async () => {
    const { servers } = await stage.servers(3);
    const [a, b, c] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const sender = randomUUID();
    await c.relay.here(sender);
    expect(await a.relay.forward(entryHint(null, { senderId: sender }))).toEqual([]);
    await soon(() => expect([b.ears.hints.length, c.ears.hints.length]).toEqual([1, 1]));
    expect(b.ears.hints[0]?.userIds).toBeNull();
    expect(textOf((c.ears.hints[0] as EntryHint).ownFrame())).toBe('own frame');
    expect(a.ears.hints).toEqual([]);
  });

  it('R24 the frame for own devices is made only for a server that has some', async () => {
    const { a, b } = await stage.two();
    const [sender, other] = users(2) as [string, string];
    let made = 0;
    const hint = entryHint([sender, other], { senderId: sender, ownFrame: () => (made++, Buffer.from('own')) });
    await b.relay.here(other);
    await a.relay.forward(hint);
    expect(made).toBe(0);
    await b.relay.here(sender);
    await a.relay.forward(hint);
    expect(made).toBe(1);
    await soon(() => expect(b.ears.hints).toHaveLength(2));
    expect(textOf((b.ears.hints[1] as EntryHint).ownFrame())).toBe('own');
  });

  it('R11 a hint waits until the one before it was handed over', async () => {
    const { a, b } = await stage.two();
    const user = randomUUID();
    await b.relay.here(user);
    let release = () => {};
    b.ears.held = new Promise((resolve) => (release = resolve));
    for (const text of ['1', '2', '3']) await a.relay.forward(event([user], text));
    await sleep(200);
    expect(b.ears.hints).toEqual([]);
    b.ears.held = null;
    release();
    await soon(() => expect(b.ears.texts()).toEqual(['1', '2', '3']));
  });

  it('a listener that fails holds up nobody, and casts a doubt', async () => {
    const { a, b } = await stage.two();
    const user = randomUUID();
    await b.relay.here(user);
    b.ears.held = Promise.reject(new Error('no roster'));
    b.ears.held.catch(() => {});
    await a.relay.forward(event([user], 'lost'));
    await soon(() => expect(b.ears.doubts).toBeGreaterThan(0));
    b.ears.held = null;
    await a.relay.forward(event([user], 'next'));
    await soon(() => expect(b.ears.texts()).toEqual(['next']));
  });
}

function directory(stage: RelayStage): void {
  it('R8 who is here is seen by the others at once; who is gone is not', async () => {
    const { a, b } = await stage.two();
    const user = randomUUID();
    expect(await a.relay.forward(event([user], 'before'))).toEqual([user]);
    await b.relay.here(user);
    expect(await a.relay.forward(event([user], 'there'))).toEqual([]);
    b.relay.gone(user);
    await soon(async () => expect(await a.relay.forward(event([user], 'after'))).toEqual([user]));
    await soon(() => expect(b.ears.texts()[0]).toBe('there'));
  });

  it('R8 a server that has just come is not overlooked', async () => {
    const { cluster, a } = await stage.two();
    const ears = new Ears();
    const c = await cluster.join(ears);
    const user = randomUUID();
    await c.relay.here(user);
    expect(await a.relay.forward(event([user], 'x'))).toEqual([]);
    await soon(() => expect(ears.texts()).toEqual(['x']));
  });

  it('R8 going and coming back quickly ends as it ended here, however often', async () => {
    const { a, b } = await stage.two();
    const people = users(40);
    const isThere = new Map<string, boolean>();
    for (let round = 0; round < 60; round++) {
      for (const user of people) {
        if (Math.random() < 0.5) continue;
        const there = Math.random() < 0.5;
        isThere.set(user, there);
        if (there) void b.relay.here(user);
        else b.relay.gone(user);
      }
      if (round % 7 === 0) await sleep(Math.random() * 4);
    }
    const present = people.filter((user) => isThere.get(user) === true);
    await Promise.all(present.map((user) => b.relay.here(user)));
    await soon(async () => {
      const absent = await a.relay.forward(event(people, 'who'));
      expect(people.filter((user) => !absent.includes(user))).toEqual(present);
    });
  });

  it('a server that leaves hands on what was still on its way to it', async () => {
    const { servers } = await stage.servers(3);
    const [a, b, c] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const user = randomUUID();
    await b.relay.here(user);
    let release = () => {};
    b.ears.held = new Promise((resolve) => (release = resolve));
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    for (const text of texts) await a.relay.forward(event([user], text));
    await c.relay.here(user);
    b.relay.gone(user);
    const closed = b.close();
    b.ears.held = null;
    release();
    await closed;
    await soon(() => expect([...new Set([...b.ears.texts(), ...c.ears.texts()])].sort()).toEqual([...texts].sort()));
    expect(await a.relay.forward(event([user], 'then'))).toEqual([]);
  });
}

function droppable(stage: RelayStage): void {
  it('an ephemeral goes to the servers of its users', async () => {
    const { a, b } = await stage.two();
    const [user, other] = users(2) as [string, string];
    await b.relay.here(user);
    a.relay.ephemeral([user, other], BYTES);
    await soon(() => expect(b.ears.ephemerals).toHaveLength(1));
    expect(b.ears.ephemerals[0]).toEqual({ userIds: [user], frame: textOf(BYTES) });
    expect(a.ears.ephemerals).toEqual([]);
  });

  it('a notice goes to all others', async () => {
    const { servers } = await stage.servers(3);
    const notice: Notice = { kind: 'sessions_ended', sessionIds: users(2) };
    servers[0]?.relay.notify(notice);
    await soon(() => expect(servers.map(({ ears }) => ears.notices)).toEqual([[], [notice], [notice]]));
  });
}

function losses(stage: RelayStage): void {
  it('R9 after a loss of everything all is as before within ten seconds, and every server is told to doubt', async () => {
    const { cluster, a, b } = await stage.two();
    const people = users(200);
    await Promise.all(people.map((user) => b.relay.here(user)));
    await cluster.loseEverything();
    await soon(() => expect([a.ears.doubts > 0, b.ears.doubts > 0]).toEqual([true, true]));
    await soon(async () => expect(await a.relay.forward(event(people, 'again'))).toEqual([]));
    await soon(() => expect(b.ears.texts().at(-1)).toBe('again'));
    const notice: Notice = { kind: 'members_changed', conversationId: 'c' };
    a.relay.notify(notice);
    await soon(() => expect(b.ears.notices).toEqual([notice]));
  });

  it('D5 R10 what a killed server had not handed over goes to where its people are now, within ten seconds', async () => {
    const { servers } = await stage.servers(3);
    const [a, b, c] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const [moved, movedToA, left] = users(3) as [string, string, string];
    await Promise.all([moved, movedToA, left].map((user) => b.relay.here(user)));
    b.ears.held = new Promise(() => {});
    const texts = Array.from({ length: 600 }, (_, n) => `${n}`);
    await Promise.all(texts.map((text, n) => a.relay.forward(event([n % 2 === 0 ? moved : movedToA], text))));
    await a.relay.forward(event([left], 'left'));
    b.kill();
    const killedAt = performance.now();
    await Promise.all([c.relay.here(moved), a.relay.here(movedToA)]);
    await soon(() => expect([c.ears.hints.length, a.ears.hints.length]).toEqual([300, 300]), 12_000);
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect(c.ears.texts()).toEqual(texts.filter((_, n) => n % 2 === 0));
    expect(a.ears.texts()).toEqual(texts.filter((_, n) => n % 2 === 1));
    await soon(async () => expect(await a.relay.forward(event([left], 'nobody'))).toEqual([left]));
  }, 30_000);
}
