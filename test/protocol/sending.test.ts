import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { contents, groupHistory, groupOf, history, insist, refused, say, sayAll, sayIn, seqs, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a message', () => {
  const here = venue();

  test('W16 R5 SUCCESS says where it stands: chat, seq, ordinal, id, time; the others get the same', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const before = Date.now();
    const sent = await say(a, bob, 'Hello!', { clientMessageId: 'first' });
    expect(sent).toEqual({
      type: 'SUCCESS',
      requestId: expect.any(String),
      command: 'ONE_TO_ONE_CHAT',
      chatId: expect.stringMatching(UUID_V7),
      clientMessageId: 'first',
      messageId: expect.stringMatching(UUID_V7),
      seq: 1,
      ordinal: 1,
      createdAt: expect.any(Number),
    });
    expect(sent.createdAt).toBeGreaterThanOrEqual(before);
    expect(sent.createdAt).toBeLessThanOrEqual(Date.now());
    const { chatId, messageId, createdAt } = sent;
    const place = { chatId, messageId, createdAt, seq: 1, ordinal: 1 };
    const message = { type: 'ONE_TO_ONE_CHAT', from: ann.username, to: bob.username, content: 'Hello!', ...place };
    expect(await b.next('ONE_TO_ONE_CHAT')).toEqual(message);
  });

  test('W22 both are told that the chat is there, and it is one chat from either side', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'Hello!');
    expect(await a.next('CHAT_STARTED')).toMatchObject({ chatId, with: bob.username });
    expect(await b.next('CHAT_STARTED')).toMatchObject({ chatId, with: ann.username });
    expect(await say(b, ann, 'Hello to you.')).toMatchObject({ chatId, seq: 2 });
    expect(await say(a, bob, 'With its id.', { chatId })).toMatchObject({ chatId, seq: 3 });
  });

  test('W22 a chatId that is not the chat of the two is chat_mismatch, and nothing is stored', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, c] = [await ann.chat(), await carol.chat()];
    const withBob = (await say(a, bob, 'Hello Bob.')).chatId;
    const withCarol = (await say(a, carol, 'Hello Carol.')).chatId;
    const toCarol = { type: 'ONE_TO_ONE_CHAT', to: carol.username, content: 'To whom?' };
    for (const chatId of [withBob, 'no-such-chat']) {
      expect(await refused(a, 'chat_mismatch', { ...toCarol, chatId })).toMatchObject({ field: 'chatId', retryable: false });
    }
    await refused(c, 'chat_mismatch', { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Mine?', chatId: withCarol });
    expect(contents((await history(a, bob)).messages)).toEqual(['Hello Bob.']);
    expect(contents((await history(a, carol)).messages)).toEqual(['Hello Carol.']);
    await refused(c, 'not_found', { type: 'GET_ONE_TO_ONE_HISTORY', to: bob.username });
  });

  test('D7 W14 `from` of somebody else is refused and nothing is stored; one’s own is fine in any case', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    const forged = { from: bob.username, content: 'I am Bob.' };
    for (const command of [
      { type: 'ONE_TO_ONE_CHAT', to: bob.username, ...forged },
      { type: 'GROUP_CHAT', groupId, ...forged },
      { type: 'GET_GROUP_CHAT_HISTORY', groupId, from: bob.username },
      { type: 'LEAVE_GROUP', groupId, from: bob.username },
      { type: 'DISCONNECT', from: bob.username },
    ]) {
      expect(await refused(a, 'wrong_sender', command)).toMatchObject({ field: 'from', retryable: false });
    }
    await refused(a, 'not_found', { type: 'GET_ONE_TO_ONE_HISTORY', to: bob.username });
    expect((await groupHistory(a, groupId)).messages).toEqual([]);
    await b.settle();
    expect([...b.of('ONE_TO_ONE_CHAT'), ...b.of('GROUP_CHAT')]).toEqual([]);
    await say(a, bob, 'I am Ann.', { from: ann.username.toUpperCase() });
    expect(await b.next('ONE_TO_ONE_CHAT')).toMatchObject({ from: ann.username });
  });

  test('to nobody, to oneself, to a group that is not there or not one’s own, is refused', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const foreign = await groupOf(bob, []);
    const content = 'Hello?';
    expect(await refused(a, 'not_found', { type: 'ONE_TO_ONE_CHAT', to: 'nobody', content })).toMatchObject({ field: 'to' });
    expect(await refused(a, 'invalid_field', { type: 'ONE_TO_ONE_CHAT', to: ann.username, content })).toMatchObject({
      field: 'to',
    });
    for (const groupId of [foreign, 'no-such-group']) {
      await refused(a, 'not_member', { type: 'GROUP_CHAT', groupId, content, clientMessageId: 'mine' });
    }
  });

  test('W23 R24 the sender’s other devices get it with clientMessageId, the others without, live and in history', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [phone, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    await say(phone, bob, 'Direct.', { clientMessageId: 'd' });
    await sayIn(phone, groupId, 'Group.', { clientMessageId: 'g' });
    expect(await laptop.next('ONE_TO_ONE_CHAT')).toMatchObject({ content: 'Direct.', clientMessageId: 'd', to: bob.username });
    expect(await laptop.next('GROUP_CHAT')).toMatchObject({ content: 'Group.', clientMessageId: 'g' });
    await phone.settle();
    expect([...phone.of('ONE_TO_ONE_CHAT'), ...phone.of('GROUP_CHAT')]).toEqual([]);

    await Promise.all([b.next('ONE_TO_ONE_CHAT'), b.next('GROUP_CHAT')]);
    await history(b, ann);
    await groupHistory(b, groupId);
    await b.askFor('INIT_DATA', { type: 'INIT_DATA' });
    expect(b.frames.filter((frame) => JSON.stringify(frame).includes('clientMessageId'))).toEqual([]);
    expect((await history(laptop, bob)).messages).toMatchObject([{ clientMessageId: 'd' }]);
    expect((await groupHistory(laptop, groupId)).messages).toMatchObject([{ clientMessageId: 'g' }]);
  });

  test('D2 five hundred in one go keep their order everywhere, live and in the log', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [phone, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    const sentence = upTo(500).map((n) => `m${n}`);
    const successes = await sayAll(phone, bob, sentence);
    expect(successes.map(({ seq }) => seq)).toEqual(upTo(500));
    for (const device of [b, laptop]) {
      await device.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === 500);
      expect(contents(device.of('ONE_TO_ONE_CHAT'))).toEqual(sentence);
      expect(seqs(device.of('ONE_TO_ONE_CHAT'))).toEqual(upTo(500));
    }
    const pages = await Promise.all([0, 100, 200, 300, 400].map((after) => history(b, ann, { after, limit: 100 })));
    expect(contents(pages.flatMap(({ messages }) => messages))).toEqual(sentence);
  });

  test('R1 R2 many senders at once: seqs are dense, each has one place, and time never goes back along the log', async () => {
    const people = await here.people('ann', 'bob', 'carol', 'dave');
    const groupId = await groupOf(people[0], people.slice(1));
    const clients = await Promise.all(people.map((person) => person.chat()));
    const sends = clients.flatMap((client, who) => upTo(20).map((n) => sayIn(client, groupId, `${who}.${n}`)));
    const places = (await Promise.all(sends)).map(({ seq }) => seq ?? 0).sort((a, b) => a - b);
    expect(places).toEqual(upTo(80).map((n) => n + 4));
    const { messages, events } = await groupHistory(clients[0] as RawClient, groupId, { limit: 100 });
    expect(seqs(events)).toEqual([1, 2, 3, 4]);
    expect(seqs(messages)).toEqual(places);
    const times = [...events, ...messages].map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const who of upTo(4)) {
      const own = contents(messages).filter((content) => content.startsWith(`${who - 1}.`));
      expect(own).toEqual(upTo(20).map((n) => `${who - 1}.${n}`));
    }
  });
});

describe('the same clientMessageId', () => {
  const here = venue();

  test('D3 W19 sent again is one message with the same SUCCESS, and is not delivered again', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { requestId: _, ...first } = await say(a, bob, 'Once.', { clientMessageId: 'once' });
    for (const device of [a, await ann.chat(), await (await ann.signInAgain()).chat()]) {
      expect(await say(device, bob, 'Once.', { clientMessageId: 'once' })).toMatchObject(first);
    }
    await say(a, bob, 'After.');
    await b.next('ONE_TO_ONE_CHAT', ({ content }) => content === 'After.');
    expect(contents(b.of('ONE_TO_ONE_CHAT'))).toEqual(['Once.', 'After.']);
    expect(seqs((await history(a, bob)).messages)).toEqual([1, 2]);
  });

  test('D3 R3 two devices that race with the same fifty: each is one message, with one SUCCESS on both', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [phone, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    await say(phone, bob, 'First.');
    const all = (device: RawClient) => upTo(50).map((n) => say(device, bob, `m${n}`, { clientMessageId: `id-${n}` }));
    const [onPhone, onLaptop] = await Promise.all([Promise.all(all(phone)), Promise.all(all(laptop))]);
    const places = (successes: typeof onPhone) => successes.map(({ requestId: _, ...place }) => place);
    expect(places(onPhone)).toEqual(places(onLaptop));
    await say(phone, bob, 'Last.');
    // What another server appended may come after it.
    await until('Bob has all', () => b.of('ONE_TO_ONE_CHAT').length >= 52);
    await b.settle();
    expect(contents(b.of('ONE_TO_ONE_CHAT'))).toHaveLength(52);
    expect(new Set(contents(b.of('ONE_TO_ONE_CHAT'))).size).toBe(52);
    expect(seqs((await history(b, ann, { limit: 100 })).messages)).toEqual(upTo(52));
  });

  test('D3 the same content in the same tick, on one connection, is one message', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const twins = await Promise.all(upTo(10).map(() => say(a, bob, 'Once.', { clientMessageId: 'twin' })));
    expect(new Set(twins.map(({ messageId }) => messageId)).size).toBe(1);
    expect((await history(a, bob)).messages).toHaveLength(1);
  });

  test('R3 W20 with other content is client_id_reused; to somebody else, or from somebody else, it is another message', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const first = await say(a, bob, 'Hello!', { clientMessageId: 'id' });
    const other = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Hello?', clientMessageId: 'id' };
    expect(await refused(a, 'client_id_reused', other)).toMatchObject({
      field: 'clientMessageId',
      clientMessageId: 'id',
      retryable: false,
    });
    const places = [
      first,
      await say(a, carol, 'Hello!', { clientMessageId: 'id' }),
      await say(b, ann, 'Hello!', { clientMessageId: 'id' }),
      await sayIn(a, await groupOf(ann, [bob]), 'Hello!', { clientMessageId: 'id' }),
    ];
    expect(new Set(places.map(({ messageId }) => messageId)).size).toBe(4);
    expect(contents((await history(a, bob)).messages)).toEqual(['Hello!', 'Hello!']);
  });

  test('R3 W20 an edit does not make the first content another: the repeated send gets its SUCCESS', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { requestId: _, ...first } = await say(a, bob, 'Helo!', { clientMessageId: 'typo' });
    const { chatId, seq, messageId } = first;
    await a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'Hello!' });
    expect(await say(a, bob, 'Helo!', { clientMessageId: 'typo' })).toMatchObject(first);
  });

  test('D3 R3 is still one message after a restart of the server on the same folder', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const before = await ann.chat();
    const successes = await Promise.all(upTo(20).map((n) => say(before, bob, `m${n}`, { clientMessageId: `id-${n}` })));
    await here.server.restart();
    const after = await ann.chat();
    const again = await Promise.all(upTo(20).map((n) => say(after, bob, `m${n}`, { clientMessageId: `id-${n}` })));
    const places = (list: typeof again) => list.map(({ requestId: _, ...place }) => place);
    expect(places(again)).toEqual(places(successes));
    await refused(after, 'client_id_reused', {
      type: 'ONE_TO_ONE_CHAT',
      to: bob.username,
      content: 'Other.',
      clientMessageId: 'id-7',
    });
    expect(seqs((await history(after, bob)).messages)).toEqual(upTo(20));
  });
});

describe('a refused message', () => {
  const here = venue({ LIMIT_MESSAGES_PER_S: '10', LIMIT_MESSAGES_BURST: '3' });

  test('R4 W18 holds back what was sent after it to that conversation, until it is sent again: the order is kept', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const message = (n: number) => ({
      type: 'ONE_TO_ONE_CHAT',
      to: bob.username,
      content: `m${n}`,
      clientMessageId: `id-${n}`,
    });
    const answers = await Promise.all(upTo(6).map((n) => a.ask(message(n))));
    expect(answers).toMatchObject([
      { type: 'SUCCESS' },
      { type: 'SUCCESS' },
      { type: 'SUCCESS' },
      { code: 'rate_limited', retryable: true, retryAfterMs: expect.any(Number), clientMessageId: 'id-4' },
      { code: 'previous_failed', retryable: true, clientMessageId: 'id-5' },
      { code: 'previous_failed', retryable: true, clientMessageId: 'id-6' },
    ]);
    // Others may go on meanwhile, and what has no id cannot be sent again: it keeps nobody waiting.
    await insist(a, { ...message(0), to: carol.username });
    await insist(a, { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'without an id' });
    // There is room by now; it is the order that is kept.
    expect(await a.ask({ ...message(5), to: bob.username.toUpperCase() })).toMatchObject({ code: 'previous_failed' });
    for (const n of [4, 5, 6]) await insist(a, message(n));
    await b.next('ONE_TO_ONE_CHAT', ({ content }) => content === 'm6');
    expect(contents(b.of('ONE_TO_ONE_CHAT'))).toEqual(['m1', 'm2', 'm3', 'without an id', 'm4', 'm5', 'm6']);
  });
});
