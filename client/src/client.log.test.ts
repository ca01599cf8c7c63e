import type { EventOf, InboxGroup } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { summaryOfGroup } from './summary.js';
import { annsClient, CHAT, item, live, T } from './testing/anns-client.js';
import { settled } from './testing/simulated-runtime.js';

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

describe('W51 a new group', () => {
  const GROUP = 'group-1';
  const group: InboxGroup = {
    groupId: GROUP,
    name: 'Climbing',
    role: 'member',
    access: 'open',
    visibility: 'all',
    memberCount: 500,
    closed: false,
    joinedSeq: 7,
    lastSeq: 500,
    ordinal: 0,
    unread: 0,
    delivered: 6,
    read: 6,
    lastAt: T,
    settings: { muted: false, pinned: false, archived: false },
  };
  const entry = { from: 'bob', createdAt: T, groupId: GROUP };
  const welcome: EventOf<'GROUP_EVENT'> = {
    type: 'GROUP_EVENT',
    ...entry,
    seq: 7,
    messageId: 'm7',
    name: 'Climbing',
    event: 'added',
    username: 'ann',
    role: 'member',
    group,
  };
  const message: EventOf<'GROUP_CHAT'> = {
    type: 'GROUP_CHAT',
    ...entry,
    seq: 501,
    messageId: 'm501',
    ordinal: 1,
    content: 'Welcome!',
  };

  test.each(['opened', 'all'] as const)(
    'is there with its first frame, without a gap, and nothing is asked but how its people want to be seen, catchUp: %s',
    async (catchUp) => {
      const { client, runtime, last, inbox, seen } = annsClient({ catchUp });
      await inbox([]);
      last().say(welcome);
      expect(client.conversation(GROUP)?.summary).toEqual(summaryOfGroup(group));
      expect(last().commands('ACK')).toMatchObject([{ groupId: GROUP, upTo: 500 }]);
      last().say(message);
      expect(seen).toEqual([501]);
      await runtime.advance(1_000);
      expect(last().commands('ACK').at(-1)).toMatchObject({ groupId: GROUP, upTo: 501 });
      expect(last().sent.map(({ type }) => type)).toEqual(['INIT_DATA', 'ACK', 'GET_PEOPLE', 'ACK']);
    },
  );

  test('that came while the inbox was read is as the inbox says, which may be more', async () => {
    const { client, runtime, last, opened } = annsClient();
    await settled();
    last().open();
    last().say(welcome);
    last().say(message);
    const { requestId = '' } = last().commands('INIT_DATA').at(-1) ?? {};
    const { type: _t, groupId: _g, ...lastMessage } = message;
    const later = { ...group, lastSeq: 501, ordinal: 1, unread: 1, lastMessage };
    last().say({ type: 'INIT_DATA', requestId, username: 'ann', chats: [], groups: [later], left: [], token: 'token-1' });
    await opened;
    expect(client.conversation(GROUP)?.summary).toEqual(summaryOfGroup(later));
    await runtime.advance(1_000);
    expect(last().commands('ACK')).toMatchObject([{ groupId: GROUP, upTo: 501 }]);
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

  test('D4 is waited for, however slow the server is: nothing is told out of order', async () => {
    const { runtime, last, inbox, page, seen } = annsClient();
    await inbox([item()]);
    last().say(live(3));
    await runtime.advance(10_000);
    expect(seen).toEqual([]);
    await page(1, 2);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('that the server will not fill is passed over', async () => {
    const { last, inbox, seen } = annsClient();
    await inbox([item()]);
    last().say(live(3));
    const { requestId = '' } = last().commands('GET_ONE_TO_ONE_HISTORY').at(-1) ?? {};
    last().say({ type: 'ERROR', requestId, code: 'not_found', message: 'no such chat', retryable: false });
    await settled();
    expect(seen).toEqual([3]);
    last().say(live(4));
    expect(seen).toEqual([3, 4]);
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

  test('is let go when too many were opened after it: what comes is news all the same, and it opens again whole', async () => {
    const { client, last, inbox, page, seen } = annsClient({ bounds: { timelinesMaxOpen: 1 } });
    await inbox([item({ lastSeq: 3, ordinal: 3 }), item({ chatId: 'chat-2', with: 'carol' })]);
    const bobs = client.chatWith('bob');
    const opening = bobs?.timeline.open();
    await page(1, 3);
    await opening;
    void client.chatWith('carol')?.timeline.open();
    expect(bobs?.timeline.items).toEqual([]);
    expect(bobs?.timeline.isOpen).toBe(false);
    last().say(live(4));
    expect(seen).toEqual([4]);
    expect(bobs?.unread).toBe(1);
    const again = bobs?.timeline.open();
    await page(1, 4);
    await again;
    expect(bobs?.timeline.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(seen).toEqual([4]);
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

  test('reveals what is far back, and fills the gap from both sides', async () => {
    const { client, last, inbox, page } = annsClient();
    await inbox([item({ lastSeq: 1_000, ordinal: 1_000 })]);
    const { timeline } = client.chatWith('bob') ?? {};
    const asked = () => last().commands('GET_ONE_TO_ONE_HISTORY').at(-1);
    const revealing = timeline?.reveal(30);
    await page(901, 1_000, true);
    expect(asked()).toMatchObject({ before: 81 });
    await page(1, 80);
    await revealing;
    expect(timeline?.messages.some(({ seq }) => seq === 30)).toBe(true);
    expect(timeline?.items).toContainEqual({ kind: 'gap', from: 81, to: 900 });
    expect(timeline).toMatchObject({ reachesStart: true, hasOlder: true });
    const [asks] = [last().commands('GET_ONE_TO_ONE_HISTORY').length];
    await timeline?.reveal(31);
    expect(last().commands('GET_ONE_TO_ONE_HISTORY')).toHaveLength(asks);

    const below = timeline?.loadAfter(80);
    expect(asked()).toMatchObject({ after: 80 });
    await page(81, 180, true);
    expect(await below).toBe(true);
    const above = timeline?.loadBefore(901);
    expect(asked()).toMatchObject({ before: 901 });
    await page(181, 900, true);
    expect(await above).toBe(true);
    expect(timeline?.items.map((each) => each.kind === 'message' && each.seq)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i + 1),
    );
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
