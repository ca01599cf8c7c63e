import type { http } from '@parley/protocol';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { Account } from '../world/accounts.js';
import { call } from '../world/http.js';
import { metricOfAll } from '../world/metrics.js';
import { RawClient } from '../world/raw-client.js';
import { startServer } from '../world/server.js';
import { upTo } from '../world/talk.js';

const OPERATIONS = 120;
const READERS_PER_SERVER = 2;
const DELETED = Infinity;

const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.socket.terminate();
});

/** What has been acknowledged: nobody who asks from now on may be shown less. */
class Known {
  lastSeq = 0;
  /** Seq → the highest version of that message. */
  readonly versions = new Map<number, number>();

  acknowledged(entrySeq: number, messageSeq: number, version: number): void {
    this.lastSeq = Math.max(this.lastSeq, entrySeq);
    this.versions.set(messageSeq, Math.max(version, this.versions.get(messageSeq) ?? 0));
  }

  copy(): Known {
    const copy = new Known();
    copy.lastSeq = this.lastSeq;
    for (const [seq, version] of this.versions) copy.versions.set(seq, version);
    return copy;
  }
}

test(
  'R17 the newest page is never stale, whoever writes, edits, deletes and reads at two servers at the same time',
  { timeout: 90_000 },
  async () => {
    const server = await startServer();
    onTestFinished(() => server.remove());
    const [ann, bob] = [await Account.register(server, 'ann', clients), await Account.register(server, 'bob', clients)];
    const { chatId } = (await ann.call<http.ChatRef>('POST', '/chats', { with: bob.username })).body;
    const known = new Known();
    const writing = server.nodes.map(({ chat }, n) => write(chat, n === 0 ? ann : bob, n === 0 ? bob : ann, chatId, known));
    let isOver = false;
    const over = Promise.all(writing).finally(() => (isOver = true));
    const reading = server.nodes.flatMap((node) =>
      upTo(READERS_PER_SERVER).map(async (n) => {
        let pages = 0;
        for (; !isOver; pages++) await readNewest(node.http, ann, chatId, n === 1 ? 5 : 20, known);
        return pages;
      }),
    );
    const pages = (await Promise.all(reading)).reduce((sum, count) => sum + count, 0);
    await over;

    expect(known.lastSeq).toBe(OPERATIONS * writing.length);
    expect(pages).toBeGreaterThan(100);
    // The premise: the cache did answer, many times, and had to pass now and then.
    const hits = await metricOfAll(server.nodes, 'page_cache_hits_total');
    const misses = await metricOfAll(server.nodes, 'page_cache_misses_total');
    expect(hits).toBeGreaterThan(pages / 10);
    expect(misses).toBeGreaterThan(10);
  },
);

/** Says things, and now and then edits or deletes what this connection said. */
async function write(chatUrl: string, from: Account, to: Account, chatId: string, known: Known): Promise<void> {
  const client = await RawClient.connect(chatUrl, from.token);
  clients.push(client);
  const own: { seq: number; messageId: string; version: number }[] = [];
  for (let n = 0; n < OPERATIONS; n++) {
    // Every tenth is a deletion and the fifth after it an edit, of one of the last three.
    const [turn, target] = [n % 10, own.at(-1 - (n % 3))];
    if (target === undefined || (turn !== 4 && turn !== 9)) {
      const content = 'version 0';
      const { seq, messageId } = await client.askFor('SUCCESS', { type: 'ONE_TO_ONE_CHAT', to: to.username, content });
      if (seq === undefined || messageId === undefined) throw new Error('a SUCCESS without its place');
      own.push({ seq, messageId, version: 0 });
      known.acknowledged(seq, seq, 0);
      continue;
    }
    const which = { chatId, seq: target.seq, messageId: target.messageId };
    const isDeletion = turn === 9;
    target.version = isDeletion ? DELETED : target.version + 1;
    const change = isDeletion
      ? { type: 'DELETE_MESSAGE', ...which }
      : { type: 'EDIT_MESSAGE', ...which, content: `version ${target.version}` };
    const { seq } = await client.askFor('SUCCESS', change);
    known.acknowledged(seq ?? 0, target.seq, target.version);
    if (isDeletion) own.splice(own.indexOf(target), 1);
  }
}

async function readNewest(url: string, { token }: Account, chatId: string, limit: number, known: Known): Promise<void> {
  const before = known.copy();
  const { body } = await call<http.ChatHistory>(url, 'GET', `/chats/${chatId}/messages?limit=${limit}`, { token });
  const { coversFrom, coversTo, messages, events } = body;
  expect(coversTo).toBeGreaterThanOrEqual(before.lastSeq);
  const seqs = [...messages, ...events].map(({ seq }) => seq).sort((a, b) => a - b);
  expect(seqs).toEqual(upTo(coversTo).slice(coversFrom - 1));
  for (const { seq, content, deletedAt } of messages) {
    const version = deletedAt !== undefined ? DELETED : Number(content.split(' ')[1]);
    expect(version, `message ${seq}`).toBeGreaterThanOrEqual(before.versions.get(seq) ?? 0);
  }
}
