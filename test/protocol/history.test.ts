import { LIMITS, type http, type ServerEvent } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { contents, groupHistory, groupOf, history, inbox, refused, say, sayAll, sayIn, seqs, upTo } from '../world/talk.js';

const here = venue();

/** What every page has, over either door. */
interface Page {
  messages: { seq: number; content: string }[];
  events: { seq: number }[];
  coversFrom: number;
  coversTo: number;
  hasMore: boolean;
}
type Ask = (page: { before?: number; after?: number; limit: number }) => Promise<Page>;

const entriesOf = ({ messages, events }: Page) => [...seqs(messages), ...seqs(events)].sort((a, b) => a - b);

/** Reads a log to its other end, page by page, and checks that the covered ranges lie side by side. */
async function expectTiled(ask: Ask, lastSeq: number, limit: number): Promise<void> {
  const upwards: number[] = [];
  for (let after = 0, more = true; more;) {
    const page = await ask({ after, limit });
    expect(page.coversFrom).toBe(after + 1);
    expect(entriesOf(page).length).toBeLessThanOrEqual(limit);
    upwards.push(...entriesOf(page));
    expect(upwards.at(-1)).toBe(page.coversTo);
    after = page.coversTo;
    more = page.hasMore;
  }
  expect(upwards).toEqual(upTo(lastSeq));

  const downwards: number[] = [];
  for (let before = lastSeq + 1, more = true; more;) {
    const page = await ask({ before, limit });
    expect(page.coversTo).toBe(before - 1);
    downwards.unshift(...entriesOf(page));
    before = page.coversFrom;
    more = page.hasMore;
  }
  expect(downwards).toEqual(upTo(lastSeq));
}

/** A group whose log holds all kinds of entries. */
async function livelyGroup(ann: Account, bob: Account, a: RawClient): Promise<{ groupId: string; lastSeq: number }> {
  const groupId = await groupOf(ann, [bob]);
  const sent = await Promise.all(upTo(30).map((n) => sayIn(a, groupId, `m${n}`)));
  for (const { seq, messageId } of sent.slice(0, 5)) {
    await a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', groupId, seq, messageId, content: 'edited' });
  }
  for (const { seq, messageId } of sent.slice(3, 7)) {
    await a.askFor('SUCCESS', { type: 'DELETE_MESSAGE', groupId, seq, messageId });
  }
  await ann.call('PATCH', `/groups/${groupId}`, { name: 'Bouldering' });
  const { seq = 0 } = await sayIn(a, groupId, 'The last.');
  return { groupId, lastSeq: seq };
}

describe('pages', () => {
  test('W32 W34 newest by default, then before and after a seq, which is not included; hasMore in the direction asked', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await sayAll(a, bob, upTo(120).map(String));
    const pages: [page: Record<string, number>, from: number, to: number, hasMore: boolean][] = [
      [{}, 71, 120, true],
      [{ limit: 100 }, 21, 120, true],
      [{ before: 71 }, 21, 70, true],
      [{ before: 21 }, 1, 20, false],
      [{ before: 11, limit: 10 }, 1, 10, false],
      [{ before: 1_000, limit: 1 }, 120, 120, true],
      [{ after: 0, limit: 10 }, 1, 10, true],
      [{ after: 110 }, 111, 120, false],
      [{ after: 10, before: 15 }, 11, 14, false],
    ];
    for (const [asked, coversFrom, coversTo, hasMore] of pages) {
      const page = await history(a, bob, asked);
      expect([asked, page.coversFrom, page.coversTo, page.hasMore]).toEqual([asked, coversFrom, coversTo, hasMore]);
      expect(seqs(page.messages)).toEqual(upTo(coversTo).slice(coversFrom - 1));
    }
  });

  test('W33 a page of nothing covers nothing', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await sayAll(a, bob, ['one', 'two']);
    for (const asked of [{ after: 2 }, { after: 1_000 }, { before: 1 }, { before: 0 }]) {
      const page = await history(a, bob, asked);
      expect(page).toMatchObject({ messages: [], events: [], hasMore: false });
      expect(page.coversTo).toBeLessThan(page.coversFrom);
    }
  });

  test('W13 limits and seqs out of range are refused by name; chatId or to, but one of them', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await say(a, bob, 'Hello!');
    const asking = { type: 'GET_ONE_TO_ONE_HISTORY', to: bob.username };
    for (const [field, value] of [
      ['limit', 0],
      ['limit', 101],
      ['limit', 1.5],
      ['limit', '10'],
      ['before', -1],
      ['after', 1e300],
      ['before', null],
    ] as const) {
      expect(await refused(a, 'invalid_field', { ...asking, [field]: value })).toMatchObject({ field });
    }
    expect(await refused(a, 'invalid_field', { type: 'GET_ONE_TO_ONE_HISTORY' })).toMatchObject({ field: 'chatId' });
  });

  test('R15 W33 covered ranges lie side by side, whatever the entries are: over the socket and over HTTP, for both kinds', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { groupId, lastSeq } = await livelyGroup(ann, bob, a);
    await sayAll(a, bob, upTo(23).map(String));
    const { chatId } = await history(a, bob);
    const overHttp =
      (path: string): Ask =>
      async (page) => {
        const query = new URLSearchParams(Object.entries(page).map(([name, value]): [string, string] => [name, String(value)]));
        const { status, body } = await ann.call<http.GroupHistory>('GET', `${path}/messages?${query.toString()}`);
        expect(status).toBe(200);
        return body;
      };
    for (const limit of [1, 7, 100]) {
      await expectTiled((page) => groupHistory(a, groupId, page), lastSeq, limit);
      await expectTiled(overHttp(`/groups/${groupId}`), lastSeq, limit);
      await expectTiled((page) => history(a, bob, page), 23, limit);
      await expectTiled(overHttp(`/chats/${chatId}`), 23, limit);
    }
  });

  test('the socket and HTTP give the same page', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { groupId } = await livelyGroup(ann, bob, a);
    const { type: _, requestId: __, ...page } = await groupHistory(a, groupId, { limit: 20 });
    expect((await ann.call('GET', `/groups/${groupId}/messages?limit=20`)).body).toEqual(page);
  });
});

describe('the size of a reply', () => {
  const textOf = (messages: { content: string }[]) =>
    messages.reduce((bytes, { content }) => bytes + Buffer.byteLength(content), 0);

  test('D9 R14 W34 a page ends at 256 KiB of content, says hasMore, and the next one goes on from there', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const long = 'ß'.repeat(LIMITS.contentMaxBytes / 2);
    await sayAll(a, bob, Array<string>(40).fill(long));
    const page = await history(a, bob, { limit: 100 });
    expect(page).toMatchObject({ coversFrom: 25, coversTo: 40, hasMore: true });
    expect(textOf(page.messages)).toBe(LIMITS.replyMaxBytes);
    await expectTiled((asked) => history(a, bob, asked), 40, 100);
  });

  test('R14 pipelined pages of a quarter megabyte each all come: replies never count as slow', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await sayAll(a, bob, Array<string>(16).fill('x'.repeat(LIMITS.contentMaxBytes)));
    const pages = await Promise.all(upTo(30).map(() => history(a, bob, { limit: 100 })));
    expect(pages.map(({ messages }) => messages.length)).toEqual(Array(30).fill(16));
    await a.settle();
  });

  test('D9 R14 what grows sixfold in JSON is still a reply, not the end of the connection', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    await sayAll(a, bob, Array<string>(30).fill('\u0001'.repeat(10_000)));
    const page = await Promise.race<ServerEvent | 'closed'>([history(b, ann, { limit: 100 }), b.ended().then(() => 'closed')]);
    expect(page).toMatchObject({ type: 'ONE_TO_ONE_CHAT_HISTORY', hasMore: true });
  });

  test('D9 R14 an inbox is bounded in bytes as well, whatever the last messages are', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    const groups = await Promise.all(upTo(60).map((n) => a.askFor('SUCCESS', { type: 'CREATE_GROUP', name: `g${n}` })));
    const long = '水'.repeat(5_461);
    await Promise.all(groups.map(({ groupId = '' }) => sayIn(a, groupId, long)));
    const reply = await inbox(a, { limit: 200 });
    expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(2 * LIMITS.replyMaxBytes);
  });
});

describe('who may read', () => {
  test('D7 W36 only members: a chat and a group of others are not_member, over both doors; kinds do not mix', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, c] = [await ann.chat(), await carol.chat()];
    const { chatId = '' } = await say(a, bob, 'Between us.');
    const groupId = await groupOf(ann, [bob]);
    await sayIn(a, groupId, 'Among us.');
    for (const id of [chatId, groupId, 'no-such-one']) {
      await refused(c, 'not_member', { type: 'GET_ONE_TO_ONE_HISTORY', chatId: id });
      await refused(c, 'not_member', { type: 'GET_GROUP_CHAT_HISTORY', groupId: id });
      for (const path of [`/chats/${id}/messages`, `/groups/${id}/messages`]) {
        expect(await carol.call('GET', path)).toMatchObject({ status: 403, body: { error: { code: 'not_member' } } });
      }
    }
    await refused(a, 'not_member', { type: 'GET_ONE_TO_ONE_HISTORY', chatId: groupId });
    await refused(a, 'not_member', { type: 'GET_GROUP_CHAT_HISTORY', groupId: chatId });
    expect(contents((await a.askFor('ONE_TO_ONE_CHAT_HISTORY', { type: 'GET_ONE_TO_ONE_HISTORY', chatId })).messages)).toEqual([
      'Between us.',
    ]);
  });
});
