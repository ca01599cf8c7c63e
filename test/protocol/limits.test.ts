import { LIMITS, type http, type ServerEvent } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { contents, groupOf, history, inbox, refused, say, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

/** Sends many at once, and gives the codes with which they were refused; null: accepted. */
async function codesOf(client: RawClient, commands: Record<string, unknown>[]): Promise<(string | null)[]> {
  const answers = await Promise.all(commands.map((command) => client.ask(command)));
  return answers.map((answer) => (answer.type === 'ERROR' ? answer.code : null));
}
const many = (count: number, command: Record<string, unknown>) => Array<Record<string, unknown>>(count).fill(command);
/** So many taken, the rest refused. */
const afterTaking = (taken: number, count: number) => upTo(count).map((n) => (n <= taken ? null : 'rate_limited'));
const expectRetry = (answer: ServerEvent) =>
  expect(answer).toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: expect.any(Number) });

describe('rates', () => {
  const here = venue({
    LIMIT_MESSAGES_PER_S: '1',
    LIMIT_MESSAGES_BURST: '5',
    LIMIT_HISTORY_PER_S: '1',
    LIMIT_HISTORY_BURST: '6',
    LIMIT_TYPING_PER_S: '1',
    LIMIT_JOINS_PER_MIN: '4',
    LIMIT_CONNECTIONS_PER_USER: '0',
  });

  test('D9 LIMIT_MESSAGES_PER_S: sends, edits and deletions of one user, over all connections, never of another', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [phone, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    const { chatId, seq, messageId } = await say(phone, bob, 'one');
    await phone.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'uno' });
    await laptop.askFor('SUCCESS', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
    const message = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'more' };
    expect(await codesOf(laptop, many(4, message))).toEqual(afterTaking(2, 4));
    expectRetry(await phone.ask(message));
    expectRetry(await phone.ask({ type: 'DELETE_MESSAGE', chatId, seq: 3, messageId }));
    await say(b, ann, 'I may.');
    // The connection stays, and after the wait that was named the next one is taken.
    const { retryAfterMs = 0 } = await refused(phone, 'rate_limited', message);
    expect(retryAfterMs).toBeLessThanOrEqual(1_000);
    await until('it is taken again', async () => (await phone.ask(message)).type === 'SUCCESS');
  });

  test('D9 LIMIT_HISTORY_PER_S: history and inbox pages, and looking at people', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, presence] = [await ann.chat(), await ann.presence()];
    await say(a, bob, 'one');
    const page = { type: 'GET_ONE_TO_ONE_HISTORY', to: bob.username };
    expect(await codesOf(a, [...many(4, page), { type: 'INIT_DATA' }])).toEqual(afterTaking(5, 5));
    expect(await codesOf(presence, many(2, { type: 'PRESENCE_WATCH', usernames: [] }))).toEqual(afterTaking(1, 2));
    for (const command of [page, { type: 'INIT_DATA' }, { type: 'GET_PEOPLE', usernames: [bob.username] }])
      expectRetry(await a.ask(command));
    expect(await ann.call('GET', '/inbox')).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
  });

  test('D9 LIMIT_JOINS_PER_MIN: creating, joining, starting chats by HTTP, and PRESENCE_SET', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, presence] = [await ann.chat(), await ann.presence()];
    await groupOf(ann, []);
    expect((await ann.call('POST', '/chats', { with: bob.username })).status).toBe(201);
    await presence.askFor('SUCCESS', { type: 'PRESENCE_SET', status: 'away' });
    expect(await codesOf(a, many(3, { type: 'CREATE_GROUP', name: 'g' }))).toEqual(afterTaking(1, 3));
    expectRetry(await a.ask({ type: 'JOIN_GROUP', groupId: 'any' }));
    expectRetry(await presence.ask({ type: 'PRESENCE_SET', status: 'online' }));
    const answer = await ann.call('POST', '/chats', { with: bob.username });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('W53 LIMIT_TYPING_PER_S: what is too much is not passed on, and is no error', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'one');
    for (let i = 0; i < 20; i++) a.send({ type: 'TYPING', chatId });
    await a.settle();
    await b.settle();
    // Two seconds' worth at once, and what was added meanwhile.
    expect(b.of('TYPING').length).toBeGreaterThanOrEqual(2);
    expect(b.of('TYPING').length).toBeLessThanOrEqual(4);
    expect(b.of('TYPING')[0]).toEqual({ type: 'TYPING', chatId, from: ann.username });
    expect(a.of('ERROR')).toEqual([]);
  });
});

describe('rates at 0 are off', () => {
  const here = venue();

  test('D9 a thousand messages, pages and moves in one go are all taken', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const message = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'more' };
    expect((await codesOf(a, many(700, message))).filter((code) => code !== null)).toEqual([]);
    const page = { type: 'GET_ONE_TO_ONE_HISTORY', to: bob.username, limit: 1 };
    expect((await codesOf(a, many(300, page))).filter((code) => code !== null)).toEqual([]);
  });
});

describe('the default rates', () => {
  const here = venue({
    LIMIT_MESSAGES_PER_S: undefined,
    LIMIT_HISTORY_PER_S: undefined,
    LIMIT_FRAMES_PER_S: undefined,
    LIMIT_REGISTRATIONS_PER_HOUR: undefined,
    LIMIT_REQUESTS_PER_S: undefined,
    LIMIT_LOGINS_PER_MIN: undefined,
    LIMIT_LOGINS_PER_MIN_PER_ADDRESS: undefined,
  });

  test('a dozen people register from one address, and each sends a burst of a hundred messages', async () => {
    const people = await here.people('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l');
    const [ann, bob] = people;
    const a = await ann.chat();
    const message = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'more' };
    const codes = await codesOf(a, many(150, message));
    expect(codes.slice(0, 100)).toEqual(Array(100).fill(null));
    expect(codes).toContain('rate_limited');
  });
});

describe('content', () => {
  const here = venue();

  test('D9 W13 1 to 16,384 bytes of UTF-8: what fits comes out as it went in, one byte more is refused by name', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const most = LIMITS.contentMaxBytes;
    const fitting = [
      'x',
      'x'.repeat(most),
      'ß'.repeat(most / 2),
      '𝄞'.repeat(most / 4),
      '水'.repeat(5_461),
      '\n'.repeat(most),
      ' ',
    ];
    for (const content of fitting) await say(a, bob, content);
    await b.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === fitting.length);
    expect(contents(b.of('ONE_TO_ONE_CHAT'))).toEqual(fitting);
    expect(contents((await history(b, ann)).messages)).toEqual(fitting);
    for (const content of [
      '',
      `${'x'.repeat(most)}x`,
      'ß'.repeat(most / 2 + 1),
      '𝄞'.repeat(most / 4) + 'x',
      '水'.repeat(5_462),
    ]) {
      const command = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content };
      expect(await refused(a, 'invalid_field', command)).toMatchObject({ field: 'content', retryable: false });
    }
  });

  test('W13 hostile text is refused or comes out as it went in', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    for (const content of ['\u0000', 'a\u0000b', '\ud800', 'a\udfff', '\udc00\ud800']) {
      const command = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content };
      expect(await refused(a, 'invalid_field', command)).toMatchObject({ field: 'content' });
    }
    const strange = [
      '\u202eabc',
      'e\u0301',
      '\u2028\u2029',
      '<script>',
      '{"type":"ERROR"}',
      '\u0001\u001b[2J',
      '\ufeff',
      '\uffff',
      "'; --",
    ];
    for (const content of strange) await say(a, bob, content);
    await b.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === strange.length);
    expect(contents(b.of('ONE_TO_ONE_CHAT'))).toEqual(strange);
    expect(contents((await history(b, ann)).messages)).toEqual(strange);
  });

  test('W13 W20 ids with a NUL, blanks or none at all are refused, and name nothing else', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const groupId = await groupOf(ann, [bob]);
    for (const id of [`${groupId}\u0000`, `${groupId} `, '', 'x'.repeat(65)]) {
      expect(await refused(a, 'invalid_field', { type: 'GROUP_CHAT', groupId: id, content: 'x' })).toMatchObject({
        field: 'groupId',
      });
    }
    for (const clientMessageId of ['', 'x'.repeat(65), 7, null]) {
      const command = { type: 'GROUP_CHAT', groupId, content: 'x', clientMessageId };
      expect(await refused(a, 'invalid_field', command)).toMatchObject({ field: 'clientMessageId' });
    }
  });
});

describe('frames', () => {
  const here = venue();

  test('D9 W4 of 64 KiB are read; of one byte more close the connection with 1009', async () => {
    const [ann] = await here.people('ann');
    const frame = (bytes: number) => {
      const start = '{"type":"PING","requestId":"big","ignored":"';
      return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
    };
    for (const client of [await ann.chat(), await ann.presence()]) {
      client.sendText(frame(LIMITS.frameMaxBytes));
      await client.next('PONG', ({ requestId }) => requestId === 'big');
      client.sendText(frame(LIMITS.frameMaxBytes + 1));
      expect(await client.ended()).toMatchObject({ code: 1009 });
    }
  });

  test('W4 a message whose frame has 64 KiB is taken, though its content is a sixth of that; it comes out whole by every way', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const asFrame = (command: object) => JSON.stringify({ ...command, requestId: 'big' });
    /** As many control characters, six bytes each in JSON, and then letters, as fit. */
    const filled = (command: object) => {
      const room = LIMITS.frameMaxBytes - asFrame({ ...command, content: '' }).length;
      return { ...command, content: '\u0001'.repeat(Math.floor(room / 6)) + 'x'.repeat(room % 6) };
    };
    const message = filled({ type: 'ONE_TO_ONE_CHAT', to: bob.username });
    expect(message.content.length).toBeLessThan(LIMITS.contentMaxBytes);
    expect(asFrame(message)).toHaveLength(LIMITS.frameMaxBytes);
    a.sendText(asFrame(message));
    // The frames of the server are larger than that.
    expect((await b.next('ONE_TO_ONE_CHAT')).content).toBe(message.content);
    const { chatId, seq, messageId } = await b.next('ONE_TO_ONE_CHAT');
    expect(contents((await history(b, ann)).messages)).toEqual([message.content]);
    expect((await inbox(b)).chats[0]?.lastMessage?.content).toBe(message.content);

    const edit = filled({ type: 'EDIT_MESSAGE', chatId, seq, messageId });
    a.sendText(asFrame(edit));
    expect((await b.next('MESSAGE_EDITED')).content).toBe(edit.content);
    const page = await history(b, ann);
    expect(contents(page.messages)).toEqual([edit.content]);
    expect(page.events).toMatchObject([{ type: 'MESSAGE_EDITED', content: edit.content }]);
    const { body } = await bob.call<http.ChatHistory>('GET', `/chats/${chatId}/messages`);
    expect([body.messages, body.events]).toEqual([page.messages, page.events]);
    expect(a.of('ERROR')).toEqual([]);
  });

  test('W4 a frame is too large as it was encoded: content that is allowed, escaped to more than 64 KiB, closes with 1009', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await say(a, bob, '\n'.repeat(LIMITS.contentMaxBytes));
    const content = '\u0001'.repeat(LIMITS.contentMaxBytes);
    a.send({ type: 'ONE_TO_ONE_CHAT', to: bob.username, content });
    expect(await a.ended()).toMatchObject({ code: 1009 });
  });

  test('W4 W13 binary ones, and those that are no JSON object, are refused as bad_json; the connection stays', async () => {
    const [ann] = await here.people('ann');
    for (const client of [await ann.chat(), await ann.presence()]) {
      client.socket.send(Buffer.from('{"type":"PING"}'));
      for (const text of ['', 'nonsense', '{', 'null', '[]', '"PING"', '7', '{"type":"PING"}{"type":"PING"}'])
        client.sendText(text);
      await client.settle();
      expect(client.of('ERROR').map(({ code }) => code)).toEqual(Array(9).fill('bad_json'));
    }
  });

  test('W13 W7 W10 what is missing, wrong or unknown is named, with the requestId; what is not known beside it is ignored', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    const cases: [command: Record<string, unknown>, code: 'invalid_field' | 'unknown_type', field: string][] = [
      [{}, 'invalid_field', 'type'],
      [{ type: 7 }, 'invalid_field', 'type'],
      [{ type: 'SHOUT' }, 'unknown_type', 'type'],
      [{ type: '__proto__' }, 'unknown_type', 'type'],
      [{ type: 'ONE_TO_ONE_CHAT', content: 'x' }, 'invalid_field', 'to'],
      [{ type: 'ONE_TO_ONE_CHAT', to: 'bob' }, 'invalid_field', 'content'],
      [{ type: 'ONE_TO_ONE_CHAT', to: 'bob', content: {} }, 'invalid_field', 'content'],
      [{ type: 'ACK', chatId: 'x', upTo: '1' }, 'invalid_field', 'upTo'],
      [{ type: 'CREATE_GROUP', name: 'x', members: ['bob', 'a b'] }, 'invalid_field', 'members.1'],
      [{ type: 'CREATE_GROUP', name: ' \n ' }, 'invalid_field', 'name'],
    ];
    for (const [command, code, field] of cases) {
      const answer = await a.askFor('ERROR', command);
      expect([command, answer]).toMatchObject([command, { code, field, retryable: false }]);
      expect(answer.command).toBe(code === 'invalid_field' && field !== 'type' ? command['type'] : undefined);
    }
    await a.askFor('PONG', { type: 'PING', from: 7, content: {}, constructor: 'x' });
  });

  test('D9 a requestId that cannot be is refused without being repeated', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    for (const requestId of ['', 7, 'x'.repeat(65), null, {}]) a.send({ type: 'PING', requestId });
    await a.settle();
    expect(a.of('ERROR').map(({ code, field }) => [code, field])).toEqual(Array(5).fill(['invalid_field', 'requestId']));
    expect(a.of('ERROR').filter((error) => 'requestId' in error)).toEqual([]);
  });

  test('W10 an ERROR repeats a clientMessageId only if it is one', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    const message = { type: 'ONE_TO_ONE_CHAT', to: 'nobody', content: '' };
    expect(await a.askFor('ERROR', { ...message, clientMessageId: 'good-one' })).toMatchObject({ clientMessageId: 'good-one' });
    for (const clientMessageId of ['not one', 'ünï', '\u0001']) {
      expect(await a.askFor('ERROR', { ...message, clientMessageId })).not.toHaveProperty('clientMessageId');
    }
  });
});

describe('abuse', () => {
  const calm = venue();
  const strict = venue({ LIMIT_FRAMES_PER_S: '1' });

  test('W59 a hundred malformed frames are forgiven, the next closes with 4201', async () => {
    const [ann] = await calm.people('ann');
    for (const client of [await ann.chat(), await ann.presence()]) {
      for (let i = 0; i < 100; i++) client.sendText('nonsense');
      await client.settle();
      expect(client.of('ERROR')).toHaveLength(100);
      client.sendText('nonsense');
      expect(await client.ended()).toMatchObject({ code: 4201 });
    }
  });

  test('W59 frames beyond the rate are refused, and far beyond it the connection is closed with 4200', async () => {
    const [ann] = await strict.people('ann');
    for (const client of [await ann.chat(), await ann.presence()]) {
      for (let i = 0; i < 60; i++) client.send({ type: 'PING' });
      await until('many are refused', () => client.of('ERROR').length > 50);
      expectRetry(client.of('ERROR')[0] as ServerEvent);
      expect(client.closed).toBeNull();
      for (let i = 0; i < 60; i++) client.send({ type: 'PING' });
      expect(await client.ended()).toMatchObject({ code: 4200 });
      expect(new Set(client.of('ERROR').map(({ code }) => code))).toEqual(new Set(['rate_limited']));
    }
  });

  test('W59 the close comes at once, however much was sent ahead', async () => {
    const [ann] = await calm.people('ann');
    const a = await ann.chat();
    const closing = until('it is closed', () => a.closed, 3_000);
    for (let i = 0; i < 1_000; i++) a.sendText('nonsense');
    expect(await closing).toMatchObject({ code: 4201 });
  });

  test('W59 refused commands that were well-formed are not counted', async () => {
    const [ann] = await calm.people('ann');
    const a = await ann.chat();
    const codes = await codesOf(a, many(250, { type: 'GROUP_CHAT', groupId: 'no-such-group', content: 'x' }));
    expect(new Set(codes)).toEqual(new Set(['not_member']));
    await a.settle();
  });
});
