import type { Message } from '@parley/client/node';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from '../world/fresh.js';
import { call } from '../world/http.js';
import { archived, metricOfAll } from '../world/metrics.js';
import { chatOf, pairOn, type Pair } from '../world/pair.js';
import { shown, shows } from '../world/people.js';
import { startServer } from '../world/server.js';
import { contents, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

/** Far below the minute for which a server remembers what came. */
const LIVE_MS = 2_000;

const named = (prefix: string, from: number, to: number) =>
  upTo(to)
    .slice(from - 1)
    .map((n) => `${prefix}${n}`);

async function sayAll({ anns, bob }: Pair, said: string[]): Promise<Message[]> {
  return Promise.all(said.map((content) => anns.sendTo(bob.username, content).sent));
}

/** Servers whose PostgreSQL can be put back to what it was. */
async function restorable() {
  const database = await freshDatabase();
  const server = await startServer({ POSTGRES_URL: database.url });
  onTestFinished(async () => {
    await server.remove();
    await database.drop();
  });
  return { database, server };
}

/** The newest page as somebody reads it who was not there. */
async function newest({ ann }: Pair): Promise<string[]> {
  const [chat] = (await ann.api.inbox()).chats;
  return contents((await ann.api.chatHistory(chat?.chatId ?? '')).messages);
}

test(
  'R5 PostgreSQL restored to an older state: it goes on from there, and nothing of what is lost gets in between',
  { timeout: 90_000 },
  async () => {
    const { database, server } = await restorable();
    const pair = await pairOn(server);
    const { ann, bob, anns, bobs } = pair;
    const kept = ['hello', ...named('kept', 2, 10)];
    await sayAll(pair, kept.slice(1));
    await shows(bobs, () => chatOf(pair), kept);
    await server.stop();
    const backup = await database.backUp();

    await server.restart();
    const lost = named('lost', 11, 20);
    await sayAll(pair, lost);
    await shows(bobs, () => chatOf(pair), [...kept, ...lost]);
    // It is in the archive, and somebody reads it: the newest page is in the cache.
    await archived(server.nodes);
    expect(await newest(pair)).toEqual([...kept, ...lost]);
    await server.stop();

    await backup.restore();
    await server.restart();
    await until('both are back', () => [anns, bobs].every(({ state }) => state === 'live'));
    expect(await newest(pair)).toEqual(kept);
    const chatId = chatOf(pair)?.id ?? '';
    expect((await ann.api.chatHistory(chatId, { after: 5 })).messages.at(-1)).toMatchObject({ seq: 10, content: 'kept10' });

    // The numbers of the lost ones are given anew, to messages with other ids.
    const early = named('new', 11, 15);
    expect((await sayAll(pair, early)).map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15]);
    expect(await newest(pair)).toEqual([...kept, ...early]);
    const later = named('new', 16, 30);
    expect((await sayAll(pair, later)).map(({ seq }) => seq)).toEqual(upTo(30).slice(15));
    const log = [...kept, ...early, ...later];
    expect(await newest(pair)).toEqual(log);
    const hits = await metricOfAll(server.nodes, 'page_cache_hits_total');
    expect(await newest(pair)).toEqual(log);
    expect(await metricOfAll(server.nodes, 'page_cache_hits_total')).toBe(hits + 1);

    // Who was there has both, each once, the new ones in their order; who was not has the log.
    await until('Bob has the new ones', () => shown(chatOf(pair)).at(-1) === 'new30');
    for (const device of [bobs, anns]) {
      const has = shown(device.conversation(chatId));
      expect(has.filter((content) => !content.startsWith('lost'))).toEqual(log);
      expect(has.filter((content) => content.startsWith('lost')).sort()).toEqual(lost);
    }
    const fresh = await bob.device();
    await fresh.conversation(chatId)?.timeline.open();
    expect(shown(fresh.conversation(chatId))).toEqual(log);
    await fresh.close();

    // The same once the journal is gone and the archive, which has both, is all there is.
    await archived(server.nodes);
    await database.run('DELETE FROM journal');
    const { messages } = await ann.api.chatHistory(chatId, { before: 31 });
    expect(contents(messages)).toEqual(log);
    expect(messages.map(({ seq }) => seq)).toEqual(upTo(30));
    for (const { http } of server.nodes) expect((await call(http, 'GET', '/health/ready')).status).toBe(200);
  },
);

test(
  'R5 R13 restored under servers that go on: what takes the numbers of what is lost comes live all the same',
  { timeout: 60_000 },
  async () => {
    const { database, server } = await restorable();
    const pair = await pairOn(server);
    await server.stop();
    const backup = await database.backUp();
    await server.restart();
    await until('both are back', () => [pair.anns, pair.bobs].every(({ state }) => state === 'live'));
    const lost = named('lost', 2, 10);
    await sayAll(pair, lost);
    await shows(pair.bobs, () => chatOf(pair), ['hello', ...lost]);

    await backup.restore();
    const said = named('new', 2, 5);
    expect((await sayAll(pair, said)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    const bobHas = (content: string) => shown(chatOf(pair)).includes(content);
    await until('Bob has the new ones', () => said.every(bobHas), LIVE_MS);
  },
);
