import type { ErrorCode } from '@parley/protocol';
import { ERROR_CODES } from '@parley/protocol/codes';
import { describe, expect, test } from 'vitest';
import { BOUNDS } from './bounds.js';
import type { Message } from './entries.js';
import type { ParleyError } from './errors.js';
import { Outbox } from './outbox.js';
import { MemoryOutbox, type OutboxStore, type StoredMessage } from './outbox-store.js';
import type { Lookup } from './sent-lookup.js';
import { settled, SimulatedRuntime } from './testing/simulated-runtime.js';

const DAY_MS = 86_400_000;
const BOB = { kind: 'chat', with: 'bob' } as const;
const CAROL = { kind: 'chat', with: 'carol' } as const;

interface Command {
  type: string;
  to: string;
  content: string;
  clientMessageId: string;
  requestId: string;
}

/** An outbox on a connection of which the test is the other end. */
async function desk({
  store = new MemoryOutbox() as OutboxStore,
  runtime = new SimulatedRuntime(),
  bounds = {},
  found = { kind: 'absent' } as Lookup,
} = {}) {
  const wire: Command[] = [];
  const link = { isLive: true, restarts: 0, lookups: [] as string[], failures: [] as ParleyError[], found };
  const outbox = new Outbox({
    store,
    runtime,
    bounds: { ...BOUNDS, ...bounds },
    isLive: () => link.isLive,
    send: (command) => link.isLive && wire.push(command as unknown as Command) > 0,
    restart: () => (link.restarts += 1),
    lookUp: async (stored) => {
      link.lookups.push(stored.clientMessageId);
      return link.found;
    },
    accepted: (stored, success) => (success.seq === undefined ? null : entry(stored, success.seq)),
    changed: () => undefined,
    failed: (error) => link.failures.push(error),
  });
  await outbox.load();
  let answered = 0;
  /** The commands that were not looked at yet. */
  const next = async () => {
    await settled();
    const commands = wire.slice(answered);
    answered = wire.length;
    return commands;
  };
  const accept = ({ requestId, clientMessageId, type }: Command, seq = 1) =>
    outbox.answer({
      type: 'SUCCESS',
      command: type,
      requestId,
      clientMessageId,
      messageId: `m${seq}`,
      seq,
      ordinal: seq,
      createdAt: runtime.now(),
    });
  const refuse = ({ requestId, clientMessageId }: Command, code: ErrorCode, retryAfterMs?: number) =>
    outbox.answer({
      type: 'ERROR',
      requestId,
      clientMessageId,
      code,
      message: code,
      retryable: ERROR_CODES[code].retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  return { outbox, store, runtime, link, next, accept, refuse };
}

function entry({ clientMessageId, content }: StoredMessage, seq: number): Message {
  return {
    kind: 'message',
    id: `m${seq}`,
    seq,
    from: 'ann',
    createdAt: 0,
    ordinal: seq,
    content,
    clientMessageId,
    editedAt: null,
    deletedAt: null,
  };
}

const contents = (commands: Command[]) => commands.map(({ content }) => content);

describe('D3 R4 an outbox', () => {
  test('keeps a message before it sends it', async () => {
    let kept: (() => void) | undefined;
    const store = new MemoryOutbox();
    const slow: OutboxStore = {
      put: (message) => new Promise((resolve) => (kept = () => resolve(store.put(message)))),
      remove: (id) => store.remove(id),
      list: () => store.list(),
    };
    const { outbox, next } = await desk({ store: slow });
    outbox.enqueue(BOB, 'one');
    expect(await next()).toEqual([]);
    kept?.();
    expect(contents(await next())).toEqual(['one']);
  });

  test('forgets a message once it is sent', async () => {
    const { outbox, store, next, accept } = await desk();
    const outgoing = outbox.enqueue(BOB, 'one');
    const [command] = await next();
    expect(outgoing.status).toBe('sending');
    if (command) accept(command, 7);
    expect(outgoing.status).toBe('sent');
    expect((await outgoing.sent).seq).toBe(7);
    await settled();
    expect(await store.list()).toEqual([]);
    expect(outbox.all).toEqual([]);
  });

  test('sends the refused one and all after it again, in order, not before the wait is over', async () => {
    const { outbox, runtime, next, accept, refuse } = await desk();
    for (const content of ['one', 'two', 'three']) outbox.enqueue(BOB, content);
    const [one, two, three] = (await next()) as [Command, Command, Command];
    accept(one, 1);
    refuse(two, 'rate_limited', 2_000);
    outbox.enqueue(BOB, 'four');
    refuse(three, 'previous_failed');
    await runtime.advance(1_999);
    expect(await next()).toEqual([]);
    await runtime.advance(1);
    const again = await next();
    expect(contents(again)).toEqual(['two', 'three', 'four']);
    expect(again[0]?.clientMessageId).toBe(two.clientMessageId);
  });

  test('does not take a late refusal of an earlier attempt for one of the attempt under way', async () => {
    const { outbox, runtime, next, accept, refuse } = await desk();
    outbox.enqueue(BOB, 'one');
    const second = outbox.enqueue(BOB, 'two');
    const [one, two] = (await next()) as [Command, Command];
    refuse(one, 'overloaded', 10);
    await runtime.advance(10);
    const [oneAgain, twoAgain] = (await next()) as [Command, Command];
    refuse(two, 'previous_failed');
    expect(second.status).toBe('sending');
    accept(oneAgain, 1);
    accept(twoAgain, 2);
    expect(second.status).toBe('sent');
    expect(await next()).toEqual([]);
  });

  test.each(Object.entries(ERROR_CODES).filter(([, { retryable }]) => retryable) as [ErrorCode, unknown][])(
    'never fails a message for %s',
    async (code) => {
      const { outbox, runtime, next, accept, refuse } = await desk();
      const outgoing = outbox.enqueue(BOB, 'one');
      const [command] = (await next()) as [Command];
      refuse(command, code);
      expect(outgoing).toMatchObject({ status: 'queued', error: null });
      await runtime.advance(60_000);
      const [again] = (await next()) as [Command];
      accept(again);
      expect(outgoing.status).toBe('sent');
    },
  );

  test('does not let one conversation wait for another', async () => {
    const { outbox, next, refuse } = await desk();
    outbox.enqueue(BOB, 'to bob');
    const [command] = (await next()) as [Command];
    refuse(command, 'rate_limited', 60_000);
    outbox.enqueue(CAROL, 'to carol');
    expect(contents(await next())).toEqual(['to carol']);
  });

  test('sends everything unconfirmed again on the next connection, with the same ids', async () => {
    const { outbox, link, next, accept } = await desk();
    for (const content of ['one', 'two', 'three']) outbox.enqueue(BOB, content);
    const first = (await next()) as [Command, Command, Command];
    accept(first[0]);
    link.isLive = false;
    outbox.lost();
    outbox.enqueue(BOB, 'four');
    expect(await next()).toEqual([]);
    link.isLive = true;
    outbox.live();
    const again = await next();
    expect(contents(again)).toEqual(['two', 'three', 'four']);
    expect(again.slice(0, 2).map((command) => command.clientMessageId)).toEqual(
      first.slice(1).map((command) => command.clientMessageId),
    );
  });

  test('has a window: so many to a conversation at a time, and so many in all', async () => {
    const { outbox, next, accept } = await desk({ bounds: { outboxWindow: 2, outboxTotalWindow: 3 } });
    for (const content of ['b1', 'b2', 'b3']) outbox.enqueue(BOB, content);
    for (const content of ['c1', 'c2']) outbox.enqueue(CAROL, content);
    const commands = await next();
    expect(contents(commands)).toEqual(['b1', 'b2', 'c1']);
    if (commands[2]) accept(commands[2]);
    expect(contents(await next())).toEqual(['c2']);
    if (commands[0]) accept(commands[0]);
    expect(contents(await next())).toEqual(['b3']);
  });

  test('asks for a new connection when the server goes on refusing for a message that is not there', async () => {
    const { outbox, runtime, link, next, refuse } = await desk();
    outbox.enqueue(BOB, 'one');
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(link.restarts).toBe(0);
      const [command] = (await next()) as [Command];
      refuse(command, 'previous_failed', 10);
      await runtime.advance(10);
    }
    expect(link.restarts).toBe(1);
  });

  test('takes a message that the log shows for sent', async () => {
    const { outbox, link, next } = await desk();
    const outgoing = outbox.enqueue(BOB, 'one');
    await next();
    link.isLive = false;
    outbox.lost();
    outbox.confirm(entry({ ...stored(outgoing.clientMessageId), content: 'one' }, 4));
    expect(outgoing).toMatchObject({ status: 'sent', message: { seq: 4 } });
  });
});

describe('a definite refusal', () => {
  test('fails the message, keeps it for the user, and lets the others go on', async () => {
    const { outbox, store, next, accept, refuse } = await desk();
    const first = outbox.enqueue(BOB, 'one');
    const second = outbox.enqueue(BOB, 'two');
    const [one, two] = (await next()) as [Command, Command];
    refuse(one, 'blocked');
    accept(two);
    expect(first).toMatchObject({ status: 'failed', error: { code: 'blocked' } });
    await expect(first.sent).rejects.toThrow('blocked');
    expect(second.status).toBe('sent');
    await settled();
    expect(await store.list()).toMatchObject([{ content: 'one', refusal: { code: 'blocked' } }]);
    expect(outbox.pending(BOB)).toEqual([first]);
  });

  test('is still one after a restart, and is not sent again by itself', async () => {
    const store = new MemoryOutbox();
    await store.put({ ...stored('id-x'), refusal: { code: 'blocked', message: 'no' } });
    const { outbox, next } = await desk({ store });
    expect(await next()).toEqual([]);
    expect(outbox.all).toMatchObject([{ status: 'failed', error: { code: 'blocked', retryable: false } }]);
  });

  test('can be tried again as a new message, or given up', async () => {
    const { outbox, store, next, refuse } = await desk();
    const first = outbox.enqueue(BOB, 'one');
    const [one] = (await next()) as [Command];
    refuse(one, 'client_id_reused');
    const again = first.retry();
    expect(again.clientMessageId).not.toBe(first.clientMessageId);
    expect(first.status).toBe('discarded');
    const [two] = (await next()) as [Command];
    expect(two.content).toBe('one');
    refuse(two, 'blocked');
    expect(await again.discard()).toBe(true);
    expect(await store.list()).toEqual([]);
    expect(outbox.all).toEqual([]);
  });

  test('is not what an ended token is', async () => {
    const { outbox, next, refuse } = await desk();
    const outgoing = outbox.enqueue(BOB, 'one');
    const [one] = (await next()) as [Command];
    refuse(one, 'not_authenticated');
    expect(outgoing.status).toBe('queued');
  });

  test('is what a store that cannot keep the message causes: it was never sent', async () => {
    const broken: OutboxStore = {
      put: () => Promise.reject(new Error('disk full')),
      remove: () => Promise.resolve(),
      list: () => Promise.resolve([]),
    };
    const { outbox, next } = await desk({ store: broken });
    const outgoing = outbox.enqueue(BOB, 'one');
    expect(await next()).toEqual([]);
    expect(outgoing).toMatchObject({ status: 'failed', error: { code: 'outbox_failed' } });
  });
});

describe('taking a message back', () => {
  test('is possible until it is first sent', async () => {
    const { outbox, link, next } = await desk();
    link.isLive = false;
    const outgoing = outbox.enqueue(BOB, 'one');
    expect(await outgoing.discard()).toBe(true);
    link.isLive = true;
    outbox.live();
    expect(await next()).toEqual([]);
    await expect(outgoing.sent).rejects.toMatchObject({ code: 'discarded' });
  });

  test('is not once it may be with the server', async () => {
    const { outbox, link, next } = await desk();
    const outgoing = outbox.enqueue(BOB, 'one');
    await next();
    link.isLive = false;
    outbox.lost();
    expect(await outgoing.discard()).toBe(false);
    expect(outgoing.status).toBe('queued');
  });
});

describe('what an earlier run left', () => {
  test('is sent before what is new, in its order', async () => {
    const store = new MemoryOutbox();
    await store.put({ ...stored('id-b', 2), content: 'two' });
    await store.put({ ...stored('id-a', 1), content: 'one' });
    const { outbox, next } = await desk({ store });
    outbox.enqueue(BOB, 'three');
    expect(contents(await next())).toEqual(['one', 'two', 'three']);
  });

  test.each([
    ['found', { kind: 'found', message: entry(stored('id-a'), 9) }, ['new'], undefined],
    ['not there', { kind: 'absent' }, ['old', 'new'], 'sending'],
    ['neither', { kind: 'unsure' }, ['new'], 'failed'],
  ] as [string, Lookup, string[], string | undefined][])(
    'over six days ago is looked for in the log first: %s',
    async (_, found, sent, status) => {
      const runtime = new SimulatedRuntime();
      const store = new MemoryOutbox();
      await store.put({ ...stored('id-a'), content: 'old', queuedAt: runtime.now() - 6 * DAY_MS - 1 });
      const { outbox, link, next } = await desk({ store, runtime, found });
      outbox.enqueue(BOB, 'new');
      expect(contents(await next())).toEqual(sent);
      expect(link.lookups).toEqual(['id-a']);
      expect(outbox.all.find(({ content }) => content === 'old')?.status).toBe(status);
    },
  );

  test('and never sent in this run needs no looking, however long there was no connection', async () => {
    const { outbox, runtime, link, next } = await desk();
    link.isLive = false;
    outbox.enqueue(BOB, 'one');
    await settled();
    runtime.sleep(30 * DAY_MS);
    link.isLive = true;
    outbox.live();
    expect(contents(await next())).toEqual(['one']);
    expect(link.lookups).toEqual([]);
  });
});

describe('content that can never be sent', () => {
  test.each([
    ['nothing', '', 'invalid_field'],
    ['a lone surrogate', 'a\ud800', 'invalid_field'],
    ['more than 16 KiB', 'é'.repeat(8_193), 'too_large'],
    ['what would make the frame too large', '\u0001'.repeat(16_000), 'too_large'],
  ])('%s is refused at once', async (_, content, code) => {
    const { outbox, next } = await desk();
    expect(() => outbox.enqueue(BOB, content)).toThrow(expect.objectContaining({ code, field: 'content' }));
    expect(await next()).toEqual([]);
  });

  test('16 KiB to the byte are sent', async () => {
    const { outbox, next } = await desk();
    outbox.enqueue(BOB, 'é'.repeat(8_192));
    expect(await next()).toHaveLength(1);
  });

  test('an outbox that is full says so', async () => {
    const { outbox } = await desk({ bounds: { outboxMaxMessages: 1 } });
    outbox.enqueue(BOB, 'one');
    expect(() => outbox.enqueue(BOB, 'two')).toThrow(expect.objectContaining({ code: 'outbox_failed' }));
  });
});

function stored(clientMessageId: string, order = 1): StoredMessage {
  return { clientMessageId, target: BOB, content: 'content', queuedAt: 1_790_000_000_000, order };
}

describe('D3 tabs with one outbox store', () => {
  /** Two, of which the second was opened when the first had written something offline. */
  async function tabs(found: Lookup = { kind: 'absent' }) {
    const left = await desk();
    left.link.isLive = false;
    const written = ['one', 'two'].map((content) => left.outbox.enqueue(BOB, content));
    await settled();
    const right = await desk({ store: left.store, runtime: left.runtime, found });
    right.link.isLive = false;
    right.outbox.lost();
    await right.next();
    const back = async ({ link, outbox, next }: typeof left) => {
      link.isLive = true;
      outbox.live();
      return next();
    };
    return { left, right, written, back };
  }

  test('send the same ids, and in the order of writing, whoever is first', async () => {
    const { left, right, back } = await tabs();
    const third = right.outbox.enqueue(BOB, 'three');
    await settled();
    const [lefts, rights] = [await back(left), await back(right)];
    expect(contents(lefts)).toEqual(['one', 'two', 'three']);
    expect(lefts.map(({ clientMessageId }) => clientMessageId)).toEqual(rights.map(({ clientMessageId }) => clientMessageId));
    lefts.forEach((command, index) => left.accept(command, index + 1));
    rights.forEach((command, index) => right.accept(command, index + 1));
    await settled();
    expect(third.status).toBe('sent');
    expect([left.outbox.all, right.outbox.all, await left.store.list()]).toEqual([[], [], []]);
  });

  test('do not send what one of them took back', async () => {
    const { right, written, back } = await tabs();
    const [regretted] = right.outbox.all;
    expect(await written[0]?.discard()).toBe(true);
    expect(contents(await back(right))).toEqual(['two']);
    expect(right.link.lookups).toEqual([written[0]?.clientMessageId]);
    expect(regretted?.status).toBe('discarded');
  });

  test('find in the log what one of them has sent meanwhile', async () => {
    const { left, right, back } = await tabs({ kind: 'found', message: entry({ content: 'one' } as StoredMessage, 7) });
    const restored = right.outbox.all;
    (await back(left)).forEach((command, index) => left.accept(command, index + 1));
    await settled();
    expect(await back(right)).toEqual([]);
    expect(restored.map(({ status }) => status)).toEqual(['sent', 'sent']);
    expect(right.outbox.all).toEqual([]);
  });

  test('no longer show as failed what one of them retried', async () => {
    const { left, written, back } = await tabs();
    const [one] = (await back(left)) as [Command];
    left.refuse(one, 'blocked');
    await settled();
    const late = await desk({ store: left.store, runtime: left.runtime });
    expect(late.outbox.all[0]?.status).toBe('failed');
    written[0]?.retry();
    await settled();
    await back(late);
    expect(late.outbox.all.map(({ status }) => status)).not.toContain('failed');
  });

  test('send nothing that is taken back while the store is read', async () => {
    const { left, written } = await tabs();
    const { store, link, outbox } = left;
    let release = () => {};
    const kept = await store.list();
    store.list = () => new Promise((resolve) => (release = () => resolve(kept)));
    link.isLive = true;
    outbox.live();
    expect(await written[0]?.discard()).toBe(true);
    release();
    expect(contents(await left.next())).toEqual(['two']);
    expect(outbox.all.map(({ content }) => content)).toEqual(['two']);
  });

  test('keep what they have when the store cannot be read', async () => {
    const { right, back } = await tabs();
    right.store.list = () => Promise.reject(new Error('no disk'));
    expect(contents(await back(right))).toEqual(['one', 'two']);
    expect(right.link.failures).toMatchObject([{ code: 'outbox_failed' }]);
  });
});
