import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Ears, entryHint, event, soon, textOf } from './ears.contract.js';
import type { EntryHint, Notice, Relay, RelayListener } from './relay.js';

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

/** Not what any text encoding gives back: a frame is bytes. */
const BYTES = Buffer.from([0x81, 0x00, 0xff, 0xfe, 0x0a, 0x0d, 0x20]);

/** What every relay between servers does. */
export function relayContract(name: string, open: () => Promise<RelayCluster>): void {
  describe(`relay on ${name}`, () => {
    const stage = new RelayStage(open);
    afterAll(() => stage.close());
    describe('hints', () => {
      hints(stage);
    });
    describe('the directory', () => {
      directory(stage);
    });
    describe('what may be dropped', () => {
      droppable(stage);
    });
    describe('losses', () => {
      losses(stage);
    });
  });
}

type Heard = RelayServer & { ears: Ears };

class RelayStage {
  readonly #open: () => Promise<RelayCluster>;
  readonly #clusters: RelayCluster[] = [];

  constructor(open: () => Promise<RelayCluster>) {
    this.#open = open;
  }

  async two() {
    const { cluster, servers } = await this.#servers(2);
    const [a, b] = servers as [Heard, Heard];
    return { cluster, a, b };
  }

  async three() {
    const { cluster, servers } = await this.#servers(3);
    const [a, b, c] = servers as [Heard, Heard, Heard];
    return { cluster, a, b, c };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()));
  }

  /** Servers of a cluster of their own, each with its ears. */
  async #servers(count: number): Promise<{ cluster: RelayCluster; servers: Heard[] }> {
    const cluster = await this.#open();
    this.#clusters.push(cluster);
    const servers = Array.from({ length: count }, async () => {
      const ears = new Ears();
      return { ears, ...(await cluster.join(ears)) };
    });
    return { cluster, servers: await Promise.all(servers) };
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
    const { conversationId, senderId } = sent;
    expect(b.ears.hints[0]).toMatchObject({
      kind: 'entry',
      conversationId,
      seq: 7,
      createdAt: sent.createdAt,
      membersVersion: 3,
      senderId,
      userIds: [user],
    });
    expect(Buffer.from((b.ears.hints[0] as EntryHint).frame)).toEqual(BYTES);
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
    const { a, b, c } = await stage.three();
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
    const { a, b, c } = await stage.three();
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
    const step = fc.record({ who: fc.nat(7), does: fc.constantFrom('comes', 'goes', 'waits') });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120 }), async (steps) => {
        const people = users(8);
        const there = new Set<string>();
        for (const { who, does } of steps) {
          const user = people[who] as string;
          if (does === 'waits') await sleep(who / 4);
          else if (does === 'comes') void b.relay.here(user);
          else b.relay.gone(user);
          if (does === 'comes') there.add(user);
          if (does === 'goes') there.delete(user);
        }
        await Promise.all([...there].map((user) => b.relay.here(user)));
        await soon(async () => {
          const absent = await a.relay.forward(event(people, 'who'));
          expect(people.filter((user) => !absent.includes(user))).toEqual(people.filter((user) => there.has(user)));
        });
      }),
      { numRuns: 30 },
    );
  });

  it('a server that leaves hands on what was still on its way to it', async () => {
    const { a, b, c } = await stage.three();
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

  it('R8 an ephemeral finds who has come since the last one, at once', async () => {
    const { a, b, c } = await stage.three();
    const [user] = users(1) as [string];
    await b.relay.here(user);
    a.relay.ephemeral([user], BYTES);
    await soon(() => expect(b.ears.ephemerals).toHaveLength(1));
    b.relay.gone(user);
    await c.relay.here(user);
    a.relay.ephemeral([user], BYTES);
    await soon(() => expect(c.ears.ephemerals).toHaveLength(1));
  });

  it('a notice goes to all others', async () => {
    const { a, b, c } = await stage.three();
    const notice: Notice = { kind: 'sessions_ended', sessionIds: users(2) };
    a.relay.notify(notice);
    await soon(() => expect([a, b, c].map(({ ears }) => ears.notices)).toEqual([[], [notice], [notice]]));
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
    a.relay.notify({ kind: 'members_changed', conversationId: 'c' });
    await soon(() => expect(b.ears.notices).toHaveLength(1));
  });

  it('D5 R10 what a killed server had not handed over goes to where its people are now, within ten seconds', async () => {
    const { a, b, c } = await stage.three();
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
