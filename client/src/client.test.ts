import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FileOutbox } from './outbox-file.js';
import { annsClient, CHAT, item, live, T } from './testing/anns-client.js';
import { settled } from './testing/simulated-runtime.js';

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

describe('D3 a message', () => {
  test('written without a connection is sent by the next run of the program, once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'parley-client-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'ann.jsonl');
    const before = annsClient({ outbox: new FileOutbox(path) });
    const { clientMessageId } = before.client.sendTo('bob', 'typed in a tunnel');
    await before.client.close();

    const after = annsClient({ outbox: new FileOutbox(path) });
    await after.inbox([]);
    const sent = await vi.waitFor(() => {
      const [first] = after.last().commands('ONE_TO_ONE_CHAT');
      if (first === undefined) throw new Error('what was kept is not read yet');
      return first;
    });
    expect(sent).toMatchObject({ to: 'bob', content: 'typed in a tunnel', clientMessageId });
    after.last().say({
      type: 'SUCCESS',
      command: 'ONE_TO_ONE_CHAT',
      requestId: sent.requestId ?? '',
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

  test('is told as sent once, though its SUCCESS and the log both say so', async () => {
    const { client, last, inbox } = annsClient();
    await inbox([item()]);
    const steps: string[] = [];
    client.on('outgoing', ({ status }) => steps.push(status));
    const outgoing = client.sendTo('bob', 'mine');
    await settled();
    const { requestId = '' } = last().commands('ONE_TO_ONE_CHAT').at(-1) ?? {};
    const { clientMessageId } = outgoing;
    const place = { chatId: CHAT, messageId: 'm1', seq: 1, ordinal: 1, createdAt: T };
    last().say({ type: 'SUCCESS', command: 'ONE_TO_ONE_CHAT', requestId, clientMessageId, ...place });
    await outgoing.sent;
    expect(steps).toEqual(['queued', 'sending', 'sent']);
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
