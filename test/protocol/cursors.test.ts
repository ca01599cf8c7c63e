import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { NODES } from '../world/server.js';
import { groupOf, inbox, refused, say, sayAll, sayIn, unread, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const here = venue();

const ack = (client: RawClient, fields: object) => client.askFor('SUCCESS', { type: 'ACK', ...fields });
const read = (client: RawClient, fields: object) => client.askFor('SUCCESS', { type: 'READ', ...fields });
/** The receipts about one person that a client has had so far. */
const receiptsOf = (client: RawClient, username: string) =>
  client.of('RECEIPT').flatMap(({ receipts }) => receipts.filter((receipt) => receipt.username === username));
/** The cursors and what is unread, as INIT_DATA tells them now. */
async function standing(client: RawClient): Promise<{ delivered: number; read: number; unread: number } | undefined> {
  const { chats, groups } = await inbox(client);
  const [first] = [...chats, ...groups];
  return first && { delivered: first.delivered, read: first.read, unread: first.unread };
}

describe('cursors', () => {
  test('R20 W38 are cumulative, clamped to the last seq, and never go back: the highest wins', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const [{ chatId } = { chatId: '' }] = await sayAll(a, bob, upTo(10).map(String));
    expect(await standing(b)).toEqual({ delivered: 0, read: 0, unread: 10 });
    await ack(b, { chatId, upTo: 4 });
    expect(await standing(b)).toEqual({ delivered: 4, read: 0, unread: 10 });
    await ack(b, { chatId, upTo: 2 });
    await ack(b, { chatId, upTo: 0 });
    expect(await standing(b)).toEqual({ delivered: 4, read: 0, unread: 10 });
    await read(b, { chatId, upTo: 3 });
    expect(await standing(b)).toEqual({ delivered: 4, read: 3, unread: 7 });
    await read(b, { chatId, upTo: 1_000_000 });
    expect(await standing(b)).toEqual({ delivered: 10, read: 10, unread: 0 });
    // What was not there yet when it was "read" is unread when it comes.
    await say(a, bob, 'new');
    expect(await standing(b)).toEqual({ delivered: 10, read: 10, unread: 1 });
  });

  test('R20 pipelined moves in any order end at the highest', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const [{ chatId } = { chatId: '' }] = await sayAll(a, bob, upTo(20).map(String));
    await Promise.all([7, 20, 3, 15, 1].map((k) => read(b, { chatId, upTo: k })));
    expect(await standing(b)).toEqual({ delivered: 20, read: 20, unread: 0 });
    const positions = receiptsOf(a, bob.username).map((receipt) => receipt.read);
    expect(positions).toEqual([...positions].sort((x, y) => x - y));
    expect(positions.at(-1)).toBe(20);
  });

  test('W38 read implies delivered', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'Read me.');
    await read(b, { chatId, upTo: 1 });
    expect(await a.next('RECEIPT')).toEqual({
      type: 'RECEIPT',
      chatId,
      receipts: [{ username: bob.username, delivered: 1, read: 1 }],
    });
  });

  test('R21 W26 a send moves no cursor of the sender, and one’s own messages are never unread', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'one');
    await sayAll(b, ann, ['two', 'three']);
    expect(await standing(b)).toEqual({ delivered: 0, read: 0, unread: 1 });
    expect(await standing(a)).toEqual({ delivered: 0, read: 0, unread: 2 });
    // Reading up to the middle counts what is someone else’s behind it.
    await read(a, { chatId, upTo: 2 });
    expect(await standing(a)).toEqual({ delivered: 2, read: 2, unread: 1 });
    await say(a, bob, 'four');
    expect(await standing(a)).toEqual({ delivered: 2, read: 2, unread: 1 });
    await read(b, { chatId, upTo: 3 });
    expect(await standing(b)).toEqual({ delivered: 3, read: 3, unread: 1 });
  });

  test('W11 W39 unread is exact on both devices, and follows the reading of either', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, phone, laptop] = [await ann.chat(), await bob.chat(), await bob.chat()];
    const [{ chatId } = { chatId: '' }] = await sayAll(a, bob, upTo(5).map(String));
    await phone.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === 5);
    // Without a requestId there is no reply: the others hear of it all the same.
    phone.send({ type: 'READ', chatId, upTo: 3 });
    const moved = { username: bob.username, delivered: 3, read: 3 };
    expect((await laptop.next('RECEIPT')).receipts).toEqual([{ ...moved, unread: 2 }]);
    expect((await a.next('RECEIPT')).receipts).toEqual([moved]);
    expect(await unread(bob, ann)).toBe(2);
    await read(laptop, { chatId, upTo: 5 });
    expect((await phone.next('RECEIPT')).receipts).toMatchObject([{ read: 5, unread: 0 }]);
    expect(await unread(bob, ann)).toBe(0);
    expect(phone.of('RECEIPT')).toHaveLength(1);
    expect(phone.of('SUCCESS')).toEqual([]);
  });

  test('R20 a cursor that did not move is told to nobody', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b, laptop] = [await ann.chat(), await bob.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'one');
    await read(b, { chatId, upTo: 1 });
    for (const k of [1, 0, 1, 99]) await read(b, { chatId, upTo: k });
    for (const client of [a, laptop]) {
      await client.settle();
      expect(receiptsOf(client, bob.username)).toHaveLength(1);
    }
  });

  test('D7 of a conversation that is not one’s own do not move; exactly one of chatId and groupId', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, c] = [await ann.chat(), await carol.chat()];
    const { chatId } = await say(a, bob, 'one');
    const groupId = await groupOf(ann, [bob]);
    for (const type of ['ACK', 'READ']) {
      expect(await refused(c, 'not_member', { type, chatId, upTo: 1 })).toMatchObject({ field: 'chatId' });
      expect(await refused(c, 'not_member', { type, groupId, upTo: 1 })).toMatchObject({ field: 'groupId' });
      await refused(a, 'not_member', { type, chatId: groupId, upTo: 1 });
      for (const where of [{}, { chatId, groupId }]) await refused(a, 'invalid_field', { type, ...where, upTo: 1 });
      expect(await refused(a, 'invalid_field', { type, chatId })).toMatchObject({ field: 'upTo' });
    }
    await a.settle();
    expect(receiptsOf(a, carol.username)).toEqual([]);
  });
});

describe('receipts of a group', () => {
  test('W40 reach the authors of what was passed, many readers in one, and nobody else', async () => {
    const people = await here.people('ann', 'bob', 'carol', 'dave', 'erin');
    const [ann, bob, ...readers] = people;
    const groupId = await groupOf(ann, people.slice(1));
    const [a, b] = [await ann.chat(), await bob.chat()];
    const others = await Promise.all(readers.map((person) => person.chat()));
    const { seq } = await sayIn(a, groupId, 'Who has read this?');
    await Promise.all(others.map((client) => read(client, { groupId, upTo: seq })));
    const told = () => a.of('RECEIPT').flatMap(({ receipts }) => receipts);
    await until('she knows of all', () => told().length === readers.length);
    expect(
      told()
        .map(({ username }) => username)
        .sort(),
    ).toEqual(readers.map(({ username }) => username).sort());
    for (const about of told()) expect(about).toEqual({ username: about.username, delivered: seq, read: seq });
    // Each server gathers what its own connections read.
    expect(a.of('RECEIPT').length).toBeLessThanOrEqual(NODES);
    for (const receipt of a.of('RECEIPT')) expect(receipt.groupId).toBe(groupId);
    await b.settle();
    expect(b.of('RECEIPT')).toEqual([]);
  });

  test('W40 reach the authors also if all that they wrote is from before a restart, of the newest entries that were passed', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    const groupId = await groupOf(ann, [bob, carol, dave]);
    // Bob's one message is too far back for those who read everything at once.
    await sayIn(await bob.chat(), groupId, 'First!');
    const writer = await ann.chat();
    await Promise.all(upTo(140).map((n) => sayIn(writer, groupId, `${n}`)));
    const { seq = 0 } = await sayIn(await carol.chat(), groupId, 'Who has read this?');
    await here.server.restart();

    const [a, b, c, d] = [await ann.chat(), await bob.chat(), await carol.chat(), await dave.chat()];
    await read(d, { groupId, upTo: seq });
    for (const author of [a, c]) {
      const { receipts } = await author.next('RECEIPT', (receipt) => receipt.groupId === groupId);
      expect(receipts).toEqual([{ username: dave.username, delivered: seq, read: seq }]);
    }
    await read(a, { groupId, upTo: 6 });
    expect(await b.next('RECEIPT')).toMatchObject({ receipts: [{ username: ann.username, delivered: 6, read: 6 }] });
    await b.settle();
    expect(b.of('RECEIPT')).toHaveLength(1);
    expect(d.of('RECEIPT')).toEqual([]);
  });
});

describe('the offline queue', () => {
  test('D6 R22 W43 ACK takes away exactly what was acknowledged, in this conversation, and never more', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, c] = [await ann.chat(), await carol.chat()];
    const [{ chatId } = { chatId: '' }] = await sayAll(a, bob, upTo(6).map(String));
    await sayAll(c, bob, ['one', 'two']);
    const groupId = await groupOf(ann, [bob]);
    await Promise.all(upTo(3).map((n) => sayIn(a, groupId, `g${n}`)));

    /** How many entries Bob is owed, by whom or where. */
    const owed = async () => {
      const { chats, groups } = await inbox(await bob.chat());
      const conversations = [...chats.map((chat) => ({ name: chat.with, ...chat })), ...groups];
      return Object.fromEntries(conversations.map(({ name, lastSeq, delivered }) => [name, lastSeq - delivered]));
    };
    // In the group also the entry that added him.
    expect(await owed()).toEqual({ [ann.username]: 6, [carol.username]: 2, Climbing: 4 });
    const b = await bob.chat();
    await ack(b, { chatId, upTo: 4 });
    expect(await owed()).toEqual({ [ann.username]: 2, [carol.username]: 2, Climbing: 4 });
    await ack(b, { groupId, upTo: 1_000 });
    expect(await owed()).toEqual({ [ann.username]: 2, [carol.username]: 2, Climbing: 0 });
    expect(await unread(bob, ann)).toBe(6);
  });

  test('D6 who was away is told who wrote and how much, also after a restart, and is sent no content unasked', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await sayAll(a, bob, upTo(7).map(String));
    await here.server.restart();
    const b = await bob.chat();
    expect((await b.next('INIT_DATA')).chats).toMatchObject([
      { with: ann.username, unread: 7, lastSeq: 7, ordinal: 7, delivered: 0, lastMessage: { content: '7' } },
    ]);
    await b.settle();
    expect(b.of('ONE_TO_ONE_CHAT')).toEqual([]);
  });
});
