import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileOutbox } from '@parley/client/node';
import { describe, expect, test } from 'vitest';
import { cableTo } from '../world/cable.js';
import { meeting } from '../world/meeting.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { until } from '../world/until.js';

const here = meeting();
const { meet } = here;

describe('away and back', () => {
  test('D6 Bob was away: he is told who wrote and how much, opens the chat, and has it once', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const anns = await ann.device();
    for (const content of ['one', 'two', 'three']) await anns.sendTo(bob.username, content).sent;
    const bobs = await bob.device();
    const chat = bobs.chatWith(ann.username);
    expect(chat?.unread).toBe(3);
    expect(chat?.lastMessage?.content).toBe('three');
    expect(shown(chat)).toEqual([]);
    await chat?.timeline.open();
    await shows(bobs, () => chat, ['one', 'two', 'three']);
    await until('Ann sees that it was received', () => anns.chatWith(bob.username)?.peer?.delivered === 3);
    await agreesWithFresh(bob, bobs);
  });

  test('D4 a device that lost its connection catches up with what it shows, in order, once', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const cable = await cableTo(here.server.addresses.chat);
    const [anns, bobs] = [await ann.device(), await bob.device({ chatUrl: cable.url })];
    await anns.sendTo(bob.username, 'm0').sent;
    const chat = await until('Bob has the chat', () => bobs.chatWith(ann.username));
    await chat.timeline.open();
    const sending = (async () => {
      for (let i = 1; i <= 60; i++) await anns.sendTo(bob.username, `m${i}`).sent;
    })();
    for (let drops = 0; drops < 3; drops++) {
      cable.cut();
      await until('Bob lost it', () => bobs.state !== 'live');
      await until('Bob is back', () => bobs.state === 'live');
    }
    await sending;
    await shows(
      bobs,
      () => chat,
      Array.from({ length: 61 }, (_, i) => `m${i}`),
    );
    await agreesWithFresh(bob, bobs);
  });

  test('D3 what was typed offline is kept over the end of the process, and sent once, in order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-outbox-'));
    const file = join(folder, 'ann.jsonl');
    const [ann, bob] = await meet('ann', 'bob');
    const bobs = await bob.device();
    const store = new FileOutbox(file);
    const before = ann.offlineDevice({ outbox: store });
    const typed = ['one', 'two', 'three'];
    for (const content of typed) before.sendTo(bob.username, content);
    await until('they are stored', async () => (await store.list()).length === 3);
    await before.close();
    const after = await ann.device({ outbox: new FileOutbox(file) });
    await shows(bobs, () => bobs.chatWith(ann.username), typed);
    await until('the outbox is empty', () => after.outgoing.length === 0);
    await shows(after, () => after.chatWith(bob.username), typed);
    await rm(folder, { recursive: true });
  });

  test('D3 the server goes away in the middle of many sends and comes back: each is there once', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [anns, bobs] = [await ann.device(), await bob.device()];
    await anns.sendTo(bob.username, 'm0').sent;
    const chat = await until('Bob has the chat', () => bobs.chatWith(ann.username));
    await chat.timeline.open();
    const sends = Array.from({ length: 300 }, (_, i) => anns.sendTo(bob.username, `m${i + 1}`).sent);
    await sends[20];
    await here.server.restart();
    await Promise.all(sends);
    await shows(
      bobs,
      () => chat,
      Array.from({ length: 301 }, (_, i) => `m${i}`),
    );
    await agreesWithFresh(bob, bobs);
    await agreesWithFresh(ann, anns);
  });

  test('R16 with a token a resume tells only what moved', async () => {
    const [ann, bob, carol] = await meet('ann', 'bob', 'carol');
    const [anns, carols] = [await ann.device(), await carol.device()];
    await anns.sendTo(bob.username, 'from Ann').sent;
    await carols.sendTo(bob.username, 'from Carol').sent;
    const inbox = await bob.api.inbox();
    expect(inbox.chats.map((chat) => chat.with)).toEqual([carol.username, ann.username]);
    const future = Buffer.from(JSON.stringify({ since: Date.now() + 60_000 })).toString('base64url');
    expect((await bob.api.inbox({ token: future })).chats).toEqual([]);
    expect((await bob.api.inbox({ token: inbox.token })).chats).toHaveLength(2);
  });
});
