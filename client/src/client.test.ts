import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventOf, InboxChat } from '@parley/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ParleyClient, type ParleyClientOptions } from './client.js';
import { FileOutbox } from './outbox-file.js';
import { scriptedSockets } from './testing/scripted-socket.js';
import { settled, SimulatedRuntime } from './testing/simulated-runtime.js';

const CHAT = 'chat-1';
const T = 1_790_000_000_000;

function item(change: Partial<InboxChat> = {}): InboxChat {
  const cursors = { peerDelivered: 0, peerRead: 0, delivered: 0, read: 0 };
  return { chatId: CHAT, with: 'bob', blocked: false, lastSeq: 0, ordinal: 0, unread: 0, lastAt: T, ...cursors, ...change };
}

function live(seq: number, change: Partial<EventOf<'ONE_TO_ONE_CHAT'>> = {}): EventOf<'ONE_TO_ONE_CHAT'> {
  return {
    type: 'ONE_TO_ONE_CHAT',
    chatId: CHAT,
    from: 'bob',
    to: 'ann',
    seq,
    ordinal: seq,
    messageId: `m${seq}`,
    content: `c${seq}`,
    createdAt: T + seq,
    ...change,
  };
}

/** Ann's client, of whose connection the test is the other end. */
function annsClient(options: Partial<ParleyClientOptions> = {}) {
  const runtime = new SimulatedRuntime();
  const { factory, last, sockets } = scriptedSockets();
  const client = new ParleyClient({ token: 't', chatUrl: 'ws://chat', webSocket: factory, runtime, ...options });
  const seen: number[] = [];
  client.on('message', ({ message }) => seen.push(message.seq));
  const opened = client.connect();
  opened.catch(() => undefined);
  const inbox = async (chats: InboxChat[], token = 'token-1') => {
    await settled();
    last().open();
    const asked = last().commands('INIT_DATA').at(-1);
    last().say({ type: 'INIT_DATA', requestId: asked?.requestId ?? '', username: 'ann', chats, groups: [], left: [], token });
    await settled();
  };
  /** Answers the last history request with messages of this range. */
  const page = async (from: number, to: number, hasMore = false) => {
    const asked = last().commands('GET_ONE_TO_ONE_HISTORY').at(-1);
    const messages = Array.from({ length: to - from + 1 }, (_, index) => live(from + index)).map(
      ({ type: _t, to: _to, chatId: _c, ...message }) => message,
    );
    last().say({
      type: 'ONE_TO_ONE_CHAT_HISTORY',
      requestId: asked?.requestId ?? '',
      chatId: CHAT,
      with: 'bob',
      messages,
      events: [],
      coversFrom: from,
      coversTo: to,
      hasMore,
    });
    await settled();
  };
  const succeed = async (type: string) => {
    const { requestId = '' } = last().commands(type).at(-1) ?? {};
    last().say({ type: 'SUCCESS', command: type, requestId });
    await settled();
  };
  return { client, runtime, last, sockets, seen, opened, inbox, page, succeed };
}

describe('connecting', () => {
  test('is done when the inbox is complete, page by page', async () => {
    const { client, last, opened } = annsClient();
    await settled();
    last().open();
    expect(client.state).toBe('syncing');
    const reply = { type: 'INIT_DATA', username: 'ann', groups: [], left: [] } as const;
    last().say({ ...reply, requestId: 'r1', chats: [item()], cursor: 'more' });
    await settled();
    expect(client.state).toBe('syncing');
    expect(last().commands('INIT_DATA').at(-1)).toMatchObject({ cursor: 'more' });
    last().say({ ...reply, requestId: 'r2', chats: [item({ chatId: 'chat-2', with: 'carol' })], token: 'token-1' });
    await opened;
    expect(client.state).toBe('live');
    expect(client.me.username).toBe('ann');
    expect(client.conversations.map(({ title }) => title).toSorted()).toEqual(['bob', 'carol']);
  });

  test('R16 again says the token, and leaves what it is not told as it is', async () => {
    const { client, runtime, last, inbox } = annsClient();
    await inbox([item({ unread: 3, lastSeq: 3 }), item({ chatId: 'chat-2', with: 'carol', unread: 1, lastSeq: 1 })]);
    last().end();
    await runtime.advance(1_000);
    await inbox([item({ chatId: 'chat-2', with: 'carol', unread: 2, lastSeq: 2 })], 'token-2');
    expect(last().commands('INIT_DATA')).toMatchObject([{ token: 'token-1' }]);
    expect(client.unread).toBe(5);
  });

  test('with a token that does not hold is over, and says so', async () => {
    const { client, last, opened } = annsClient();
    await settled();
    last().refuse(401);
    await expect(opened).rejects.toMatchObject({ code: 'not_authenticated' });
    expect(client.connection).toEqual({ name: 'closed', cause: 'token_expired' });
  });

  test('to a server that refuses the inbox for now waits as told, on the same connection', async () => {
    const { client, runtime, last, sockets } = annsClient();
    await settled();
    last().open();
    last().say({ type: 'ERROR', requestId: 'r1', code: 'rate_limited', message: 'slowly', retryable: true, retryAfterMs: 700 });
    await runtime.advance(700);
    last().say({ type: 'INIT_DATA', requestId: 'r2', username: 'ann', chats: [], groups: [], left: [], token: 't' });
    await settled();
    expect(client.state).toBe('live');
    expect(sockets).toHaveLength(1);
  });

  test('R8 events that come while the inbox is read count once', async () => {
    const { client, last, seen } = annsClient();
    await settled();
    last().open();
    last().say(live(3));
    last().say(live(4));
    last().say({
      type: 'INIT_DATA',
      requestId: 'r1',
      username: 'ann',
      chats: [item({ lastSeq: 3, ordinal: 3, unread: 3 })],
      groups: [],
      left: [],
      token: 't',
    });
    await settled();
    expect(client.chatWith('bob')).toMatchObject({ unread: 4, lastSeq: 4 });
    expect(seen).toEqual([3, 4]);
  });

  test('a conversation that is not known makes the inbox be read again', async () => {
    const { client, runtime, last, inbox, seen } = annsClient();
    await inbox([]);
    last().say(live(7));
    await runtime.advance(1_000);
    const [, again] = last().commands('INIT_DATA');
    expect(again).toMatchObject({ token: 'token-1' });
    last().say({
      type: 'INIT_DATA',
      requestId: again?.requestId ?? '',
      username: 'ann',
      chats: [item({ lastSeq: 7, ordinal: 7, unread: 2 })],
      groups: [],
      left: [],
      token: 't2',
    });
    await settled();
    expect(client.chatWith('BOB')).toMatchObject({ unread: 2, lastSeq: 7 });
    expect(seen).toEqual([7]);
  });
});

describe('R20 acknowledging', () => {
  test('waits a second, and says the end of what came without a gap', async () => {
    const { runtime, last, inbox } = annsClient();
    await inbox([item()]);
    last().say(live(1));
    last().say(live(2));
    await runtime.advance(999);
    expect(last().commands('ACK')).toEqual([]);
    await runtime.advance(1);
    expect(last().commands('ACK')).toMatchObject([{ chatId: CHAT, upTo: 2 }]);
  });

  test('waits no longer than 32 entries', async () => {
    const { last, inbox } = annsClient();
    await inbox([item()]);
    for (let seq = 1; seq <= 32; seq++) last().say(live(seq));
    expect(last().commands('ACK')).toMatchObject([{ upTo: 32 }]);
  });

  test('never passes a gap, and goes on when it is closed', async () => {
    const { runtime, last, inbox, page } = annsClient();
    await inbox([item()]);
    last().say(live(1));
    last().say(live(4));
    await runtime.advance(1_000);
    expect(last().commands('ACK')).toMatchObject([{ upTo: 1 }]);
    await page(2, 3);
    await runtime.advance(1_000);
    expect(last().commands('ACK').at(-1)).toMatchObject({ upTo: 4 });
  });

  test('D6 says nothing of what was only counted', async () => {
    const { runtime, last, inbox } = annsClient();
    await inbox([item({ lastSeq: 9, unread: 9, ordinal: 9 })]);
    last().say(live(10));
    await runtime.advance(5_000);
    expect(last().commands('ACK')).toEqual([]);
  });

  test('can be left to the program', async () => {
    const { runtime, last, inbox } = annsClient({ autoAck: false });
    await inbox([item()]);
    last().say(live(1));
    await runtime.advance(5_000);
    expect(last().commands('ACK')).toEqual([]);
  });

  test('is made up for when the client closes', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item()]);
    last().say(live(1));
    await client.close();
    expect(last().commands('ACK')).toMatchObject([{ upTo: 1 }]);
    expect(last().closedWith).toBe(1000);
  });

  test('is said again on the next connection if it was not answered', async () => {
    const { runtime, last, inbox } = annsClient();
    await inbox([item()]);
    last().say(live(1));
    await runtime.advance(1_000);
    last().end();
    await runtime.advance(1_000);
    await inbox([]);
    await runtime.advance(1_000);
    expect(last().commands('ACK')).toMatchObject([{ upTo: 1 }]);
  });
});

describe('R24 a gap', () => {
  test('is fetched at once, and the messages are told in order', async () => {
    const { client, runtime, last, inbox, page, seen } = annsClient();
    await inbox([item()]);
    last().say(live(1));
    last().say(live(4));
    await settled();
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toMatchObject([{ chatId: CHAT, after: 1, limit: 2 }]);
    expect(client.chatWith('bob')?.timeline.items).toMatchObject([{ seq: 1 }, { kind: 'gap', from: 2, to: 3 }, { seq: 4 }]);
    expect(seen).toEqual([1]);
    await page(2, 3);
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(client.chatWith('bob')?.timeline.items.map(({ kind }) => kind)).toEqual(Array(4).fill('message'));
    expect(client.chatWith('bob')?.unread).toBe(4);
    expect(runtime.timers).toBeGreaterThan(0);
  });

  test('holds what comes after it back for a second at most', async () => {
    const { runtime, last, inbox, page, seen } = annsClient();
    await inbox([item()]);
    last().say(live(3));
    await runtime.advance(999);
    expect(seen).toEqual([]);
    await runtime.advance(1);
    expect(seen).toEqual([3]);
    await page(1, 2);
    expect(seen).toEqual([3, 1, 2]);
  });

  test('before one’s own SUCCESS has a moment to close by itself', async () => {
    const { client, runtime, last, inbox } = annsClient();
    await inbox([item()]);
    const outgoing = client.sendTo('bob', 'mine');
    await settled();
    const [sent] = last().commands('ONE_TO_ONE_CHAT');
    last().say({
      type: 'SUCCESS',
      command: 'ONE_TO_ONE_CHAT',
      requestId: sent?.requestId ?? '',
      clientMessageId: outgoing.clientMessageId,
      chatId: CHAT,
      messageId: 'm2',
      seq: 2,
      ordinal: 2,
      createdAt: T,
    });
    await runtime.advance(99);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toEqual([]);
    last().say(live(1));
    await runtime.advance(100);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toEqual([]);
    expect(client.chatWith('bob')?.timeline.messages.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test('that cannot be closed is not asked for for ever', async () => {
    const { runtime, last, inbox } = annsClient();
    await inbox([item()]);
    last().say(live(5));
    for (let answered = 0; answered < 20; answered++) {
      const asked = last().commands('GET_ONE_TO_ONE_HISTORY').at(-1);
      last().say({
        type: 'ONE_TO_ONE_CHAT_HISTORY',
        requestId: asked?.requestId ?? '',
        chatId: CHAT,
        with: 'bob',
        messages: [],
        events: [],
        coversFrom: 1,
        coversTo: 0,
        hasMore: false,
      });
      last().say({ type: 'PONG', time: T });
      await runtime.advance(5_000);
    }
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toHaveLength(5);
  });
});

describe('an opened timeline', () => {
  test('catches up over a lost connection from where it ended', async () => {
    const { client, runtime, last, inbox, page, seen } = annsClient();
    await inbox([item({ lastSeq: 3, ordinal: 3 })]);
    const opening = client.chatWith('bob')?.timeline.open();
    await page(1, 3);
    await opening;
    last().end();
    await runtime.advance(1_000);
    await inbox([item({ lastSeq: 5, ordinal: 5, unread: 2 })]);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toMatchObject([{ after: 3, limit: 2 }]);
    await page(4, 5);
    expect(seen).toEqual([4, 5]);
    expect(client.chatWith('bob')?.unread).toBe(2);
  });

  test('that is far behind shows the newest page and a gap, which is filled from above', async () => {
    const { client, runtime, last, inbox, page } = annsClient({ bounds: { catchUpMaxEntries: 50 } });
    await inbox([item({ lastSeq: 3, ordinal: 3 })]);
    const { timeline } = client.chatWith('bob') ?? {};
    const opening = timeline?.open();
    await page(1, 3);
    await opening;
    last().end();
    await runtime.advance(1_000);
    await inbox([item({ lastSeq: 100, ordinal: 100 })]);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).not.toMatchObject([{ after: 3 }]);
    await page(91, 100, true);
    expect(timeline?.items).toContainEqual({ kind: 'gap', from: 4, to: 90 });
    const older = timeline?.loadOlder();
    expect(last().commands('GET_ONE_TO_ONE_HISTORY').at(-1)).toMatchObject({ before: 91 });
    await page(4, 90, true);
    expect(await older).toBe(true);
    expect(timeline?.items.some(({ kind }) => kind === 'gap')).toBe(false);
    expect(timeline?.hasOlder).toBe(false);
  });

  test('opened without a connection is fetched with the next', async () => {
    const { client, runtime, last, inbox, page } = annsClient();
    await inbox([item({ lastSeq: 3, ordinal: 3 })]);
    last().end();
    const { timeline } = client.chatWith('bob') ?? {};
    await expect(timeline?.open()).rejects.toMatchObject({ code: 'disconnected', retryable: true });
    await runtime.advance(1_000);
    await inbox([]);
    await page(1, 3);
    expect(timeline?.messages).toHaveLength(3);
  });

  test('R21 one that is not opened stays a count', async () => {
    const { client, runtime, last, inbox, seen } = annsClient();
    await inbox([item({ lastSeq: 3, ordinal: 3 })]);
    last().end();
    await runtime.advance(1_000);
    await inbox([item({ lastSeq: 5, ordinal: 5, unread: 2 })]);
    await runtime.advance(5_000);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toEqual([]);
    expect(seen).toEqual([]);
    expect(client.unread).toBe(2);
  });

  test('keeps the newest entries only', async () => {
    const { client, last, inbox } = annsClient({ bounds: { timelineMaxEntries: 10 } });
    await inbox([item()]);
    for (let seq = 1; seq <= 25; seq++) last().say(live(seq));
    const chat = client.chatWith('bob');
    expect(chat?.timeline.messages.map(({ seq }) => seq)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(chat?.unread).toBe(25);
  });
});

describe('reading', () => {
  test('shows at once, and tells the server the latest only', async () => {
    const { client, runtime, last, inbox, succeed } = annsClient();
    await inbox([item({ lastSeq: 9, ordinal: 9, unread: 9 })]);
    const chat = client.chatWith('bob');
    chat?.markRead(4);
    chat?.markRead();
    expect(chat).toMatchObject({ unread: 0, read: 9 });
    await runtime.advance(200);
    expect(last().commands('READ')).toMatchObject([{ chatId: CHAT, upTo: 9 }]);
    await succeed('READ');
    await runtime.advance(5_000);
    expect(last().commands('READ')).toHaveLength(1);
  });

  test('without a connection is told on the next, and what it says then does not undo it', async () => {
    const { client, runtime, last, inbox } = annsClient();
    await inbox([item({ lastSeq: 9, ordinal: 9, unread: 9 })]);
    last().end();
    client.chatWith('bob')?.markRead();
    await runtime.advance(1_000);
    await inbox([item({ lastSeq: 10, ordinal: 10, unread: 10 })]);
    expect(last().commands('READ')).toMatchObject([{ upTo: 9 }]);
    expect(client.chatWith('bob')).toMatchObject({ read: 9 });
    last().say({ type: 'RECEIPT', chatId: CHAT, receipts: [{ username: 'ann', delivered: 10, read: 10, unread: 0 }] });
    expect(client.chatWith('bob')).toMatchObject({ read: 10, unread: 0 });
  });

  test('on another device counts here', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item({ lastSeq: 9, ordinal: 9, unread: 9 })]);
    last().say({ type: 'RECEIPT', chatId: CHAT, receipts: [{ username: 'ann', delivered: 9, read: 7, unread: 2 }] });
    expect(client.chatWith('bob')).toMatchObject({ unread: 2, read: 7, delivered: 9 });
  });

  test('by the other shows on one’s own messages', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item()]);
    last().say(live(1, { from: 'ann', to: 'bob', clientMessageId: 'x' }));
    const chat = client.chatWith('bob');
    const [message] = chat?.timeline.messages ?? [];
    if (chat === null || message === undefined) throw new Error('the message is not there');
    expect(chat.statusOf(message)).toBe('sent');
    last().say({ type: 'RECEIPT', chatId: CHAT, receipts: [{ username: 'bob', delivered: 1, read: 0 }] });
    expect(chat.statusOf(message)).toBe('delivered');
    last().say({ type: 'RECEIPT', chatId: CHAT, receipts: [{ username: 'bob', delivered: 1, read: 1 }] });
    expect(chat.statusOf(message)).toBe('read');
  });
});

describe('D3 a message', () => {
  test('written without a connection is sent by the next run of the program, once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'parley-client-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'ann.jsonl');
    const before = annsClient({ outbox: new FileOutbox(path) });
    const { clientMessageId } = before.client.sendTo('bob', 'typed in a tunnel');
    await before.client.close();

    const after = annsClient({ outbox: new FileOutbox(path) });
    await new Promise((resolve) => after.client.on('state', resolve));
    await after.inbox([]);
    const [sent] = after.last().commands('ONE_TO_ONE_CHAT');
    expect(sent).toMatchObject({ to: 'bob', content: 'typed in a tunnel', clientMessageId });
    after.last().say({
      type: 'SUCCESS',
      command: 'ONE_TO_ONE_CHAT',
      requestId: sent?.requestId ?? '',
      clientMessageId,
      chatId: CHAT,
      messageId: 'm1',
      seq: 1,
      ordinal: 1,
      createdAt: T,
    });
    expect(after.client.chatWith('bob')?.timeline.messages).toMatchObject([
      { content: 'typed in a tunnel', from: 'ann', seq: 1 },
    ]);
    await after.client.close();
    const third = new FileOutbox(path);
    expect(await third.list()).toEqual([]);
    await third.close();
  });

  test('shows as pending after the confirmed ones, then at its place', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item()]);
    const chat = client.chatWith('bob');
    const outgoing = chat?.send('mine');
    await settled();
    last().say(live(1));
    expect(chat?.timeline.items).toMatchObject([{ seq: 1 }, { kind: 'pending', content: 'mine', status: 'sending' }]);
    last().say(live(2, { from: 'ann', to: 'bob', messageId: 'm-own', clientMessageId: outgoing?.clientMessageId }));
    expect(chat?.timeline.items).toMatchObject([{ seq: 1 }, { id: 'm-own', kind: 'message' }]);
    expect(outgoing?.status).toBe('sent');
    expect(chat?.unread).toBe(1);
  });

  test('cannot be written to a client that was closed', async () => {
    const { client, inbox } = annsClient();
    await inbox([item()]);
    await client.close();
    expect(() => client.sendTo('bob', 'late')).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('being typed to', () => {
  test('fades, and ends with the message', async () => {
    const { client, runtime, last, inbox } = annsClient();
    await inbox([item()]);
    last().say({ type: 'TYPING', chatId: CHAT, from: 'bob' });
    expect(client.chatWith('bob')?.typing).toEqual(['bob']);
    await runtime.advance(5_000);
    expect(client.chatWith('bob')?.typing).toEqual([]);
    last().say({ type: 'TYPING', chatId: CHAT, from: 'bob' });
    last().say(live(1));
    expect(client.chatWith('bob')?.typing).toEqual([]);
  });

  test('is said every three seconds at most', async () => {
    const { client, runtime, last, inbox } = annsClient();
    await inbox([item()]);
    const chat = client.chatWith('bob');
    chat?.sayTyping();
    chat?.sayTyping();
    await runtime.advance(3_000);
    chat?.sayTyping();
    expect(last().commands('TYPING')).toHaveLength(2);
  });
});

describe('a snapshot', () => {
  test('is the same until something changes, and what did not change in it stays the same', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item(), item({ chatId: 'chat-2', with: 'carol' })]);
    const before = client.snapshot();
    expect(client.snapshot()).toBe(before);
    let told = 0;
    client.subscribe(() => (told += 1));
    last().say(live(1));
    last().say(live(2));
    const after = client.snapshot();
    expect(after).not.toBe(before);
    await settled();
    expect(told).toBe(1);
    const carol = (snapshot: typeof after) => snapshot.conversations.find(({ conversation }) => conversation.with === 'carol');
    expect(carol(after)).toBe(carol(before));
    expect(after.conversations.map(({ conversation }) => conversation.title)).toEqual(['bob', 'carol']);
    expect(after.unread).toBe(2);
  });
});
