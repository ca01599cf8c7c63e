import { LIMITS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { metricOfAll } from '../world/metrics.js';
import { contents, groupHistory, groupOf, sayIn, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const here = venue();
const LONG = 'x'.repeat(LIMITS.contentMaxBytes - 10);

/** Of all servers together. */
const metric = (name: string) => metricOfAll(here.server.nodes, name);
/** How many connections the server has closed because they were slow. */
const closedSlow = () => metric('connections_closed_slow_total');
/** Resolves when no more pages are made: whoever asked for them takes no more. */
async function pagesStop(): Promise<void> {
  const seen: number[] = [];
  await until('no more pages are made', async () => {
    seen.push(await metric('history_seconds_count'));
    return seen.length > 20 && seen.at(-20) === seen.at(-1);
  });
}

/** Whose numbered messages a log holds, from its first to its last page. */
async function wholeLog(client: RawClient, groupId: string): Promise<string[]> {
  const all: string[] = [];
  for (let after = 0, more = true; more;) {
    const page = await groupHistory(client, groupId, { after, limit: 100 });
    all.push(...contents(page.messages).map((content) => content.slice(0, content.indexOf('x'))));
    after = page.coversTo;
    more = page.hasMore;
  }
  return all;
}

describe('who reads', () => {
  test('D8 R14 is not slow: a hundred long messages in one go, and in one tick, close nobody', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    const before = await closedSlow();
    await Promise.all(upTo(100).map((n) => sayIn(a, groupId, `${n}${LONG}`)));
    await until('all have come, or the end', () => b.of('GROUP_CHAT').length === 100 || b.closed);
    expect({ came: b.of('GROUP_CHAT').length, closed: b.closed, slow: (await closedSlow()) - before }).toEqual({
      came: 100,
      closed: null,
      slow: 0,
    });
  });
});

describe('who does not read', () => {
  test('D8 W31 hurts nobody: the others’ traffic goes on, the slow one is closed, and finds everything when it comes back', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b, c] = [await ann.chat(), await bob.chat(), await carol.chat()];
    const groupId = await groupOf(ann, [bob, carol]);
    const before = await closedSlow();
    await b.next('GROUP_EVENT');
    b.socket.pause();

    let sent = 0;
    while ((await closedSlow()) === before) {
      expect(sent).toBeLessThan(2_000);
      await Promise.all(upTo(20).map((n) => sayIn(a, groupId, `${sent + n}${LONG}`)));
      sent += 20;
    }
    sent += 1;
    await sayIn(a, groupId, `${sent}${LONG}`);
    // Nobody waited for him.
    await c.next('GROUP_CHAT', ({ ordinal }) => ordinal === sent);
    expect(c.of('GROUP_CHAT').map(({ ordinal }) => ordinal)).toEqual(upTo(sent));

    b.socket.resume();
    const { code } = await b.ended();
    expect([4002, 1006]).toContain(code);
    // What he got is the beginning, without a gap.
    expect(b.of('GROUP_CHAT').map(({ ordinal }) => ordinal)).toEqual(upTo(b.of('GROUP_CHAT').length));
    expect(b.of('GROUP_CHAT').length).toBeLessThan(sent);
    const again = await bob.chat();
    expect(await wholeLog(again, groupId)).toEqual(upTo(sent).map(String));
  });

  test('W31 R14 ephemeral frames are dropped first: typing and receipts never close a connection', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    await b.next('GROUP_EVENT');
    const dropped = () => metric('frames_dropped_total');
    const [slowBefore, droppedBefore] = [await closedSlow(), await dropped()];
    b.socket.pause();
    // As much as the network takes by itself, and a little that waits behind it.
    let sent = 0;
    while ((await dropped()) === droppedBefore) {
      expect(sent).toBeLessThan(2_000);
      await Promise.all(upTo(4).map((n) => sayIn(a, groupId, `${sent + n}${LONG}`)));
      sent += 4;
      a.send({ type: 'TYPING', groupId });
      await a.settle();
    }
    for (let i = 0; i < 5_000; i++) a.send({ type: 'TYPING', groupId });
    await a.settle();
    // Between servers they take a moment, and some are dropped before they come to the connection.
    await until('most are dropped', async () => (await dropped()) > droppedBefore + 1_000);
    expect(await closedSlow()).toBe(slowBefore);

    b.socket.resume();
    await b.settle();
    expect(b.of('GROUP_CHAT').map(({ ordinal }) => ordinal)).toEqual(upTo(sent));
    expect(b.of('TYPING').length).toBeLessThan(1_000);
  });

  test.each([
    ['', LONG],
    [', however much their content grows in JSON', '\u0001'.repeat(10_000)],
  ])(
    'D8 R14 who asks for page after page and does not read them is not closed as slow, and gets all of them in the end%s',
    async (_, content) => {
      const [ann] = await here.people('ann');
      const a = await ann.chat();
      const groupId = await groupOf(ann, []);
      await Promise.all(upTo(26).map((n) => sayIn(a, groupId, `${n}${content}`)));
      const before = await closedSlow();
      a.socket.pause();
      for (const n of upTo(40)) a.send({ type: 'GET_GROUP_CHAT_HISTORY', groupId, limit: 100, requestId: `p${n}` });
      // The others are served meanwhile.
      const other = await ann.chat();
      for (let i = 0; i < 20; i++) await other.settle();
      await pagesStop();
      expect(await closedSlow()).toBe(before);
      a.socket.resume();
      await until('all pages have come', () => a.of('GROUP_CHAT_HISTORY').length === 40);
      expect(a.of('GROUP_CHAT_HISTORY').map(({ requestId }) => requestId)).toEqual(upTo(40).map((n) => `p${n}`));
      expect(await closedSlow()).toBe(before);
    },
  );
});
