import type { http } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, PASSWORD } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { contents } from '../world/talk.js';

/* A client written from the description alone: its frames, its fields, its three ports, and nothing else. */

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ PRESENCE_GRACE_S: '1' });
});
afterAll(() => server.remove());

const post = <T>(path: string, body: object, token?: string) =>
  call<T>(server.addresses.http, 'POST', path, { body, ...(token !== undefined && { token }) });
const chatOf = (token: string) => RawClient.open(`${server.addresses.chat}/?token=${token}`);
const presenceOf = (token: string) => RawClient.open(`${server.addresses.presence}/?token=${token}`);

/** Registers, then logs in, and gives the token. */
async function signUp(username: string): Promise<string> {
  expect((await post('/auth/register', { username, password: PASSWORD })).status).toBe(201);
  const { status, body } = await post<{ token: string }>('/auth/login', { username, password: PASSWORD });
  expect(status).toBe(200);
  return body.token;
}

describe('a client written from the description', () => {
  test('GET /health answers on the HTTP port', async () => {
    expect(await call(server.addresses.http, 'GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('two people register, log in, chat both ways, read the history, and disconnect', async () => {
    const [token1, token2] = [await signUp('username1'), await signUp('username2')];
    const { chatId } = (await post<http.ChatRef>('/chats', { with: 'username2' }, token1)).body;
    const [one, two] = [await chatOf(token1), await chatOf(token2)];

    one.send({ type: 'ONE_TO_ONE_CHAT', from: 'username1', to: 'username2', content: 'Hello!', chatId });
    const first = await one.next('SUCCESS');
    expect(first).toMatchObject({ chatId, seq: 1, messageId: expect.any(String), createdAt: expect.any(Number) });
    const hello = { from: 'username1', to: 'username2', content: 'Hello!', chatId, messageId: first.messageId, seq: 1 };
    expect(await two.next('ONE_TO_ONE_CHAT')).toMatchObject(hello);

    two.send({ type: 'ONE_TO_ONE_CHAT', from: 'username2', to: 'username1', content: 'Hello to you.', chatId });
    expect(await one.next('ONE_TO_ONE_CHAT')).toMatchObject({ from: 'username2', content: 'Hello to you.', seq: 2 });
    await two.next('SUCCESS');

    two.send({ type: 'GET_ONE_TO_ONE_HISTORY', from: 'username2', to: 'username1', chatId });
    const page = await two.next('ONE_TO_ONE_CHAT_HISTORY');
    expect(contents(page.messages)).toEqual(['Hello!', 'Hello to you.']);
    expect(page).toMatchObject({ chatId, coversFrom: 1, coversTo: 2, hasMore: false });

    two.send({ type: 'DISCONNECT' });
    expect(await two.ended()).toMatchObject({ code: 1000 });
    expect((await call(server.addresses.http, 'POST', '/auth/logout', { token: token2 })).status).toBe(204);
    expect((await RawClient.refused(server.addresses.chat, token2)).status).toBe(401);
    await one.close();
  });

  test('a group: created over HTTP or the socket, joined, talked in, read, left', async () => {
    const [ann, bob] = [await signUp('ann'), await signUp('bob')];
    const [a, b] = [await chatOf(ann), await chatOf(bob)];
    const overHttp = (await post<{ groupId: string }>('/groups', { name: 'Climbing' }, ann)).body.groupId;
    a.send({ type: 'CREATE_GROUP', name: 'Bouldering' });
    const overSocket = (await a.next('SUCCESS', (event) => event.command === 'CREATE_GROUP')).groupId ?? '';

    for (const groupId of [overHttp, overSocket]) {
      b.send({ type: 'JOIN_GROUP', from: 'bob', groupId });
      await b.next('SUCCESS', (event) => event.command === 'JOIN_GROUP' && event.groupId === groupId);
      expect(await a.next('GROUP_EVENT', (event) => event.groupId === groupId && event.event === 'joined')).toMatchObject({
        username: 'bob',
      });

      b.send({ type: 'GROUP_CHAT', from: 'bob', groupId, content: 'Hello group!' });
      expect(await a.next('GROUP_CHAT', (event) => event.groupId === groupId)).toMatchObject({
        from: 'bob',
        content: 'Hello group!',
      });

      a.send({ type: 'GET_GROUP_CHAT_HISTORY', from: 'ann', groupId });
      const page = await a.next('GROUP_CHAT_HISTORY', (event) => event.groupId === groupId);
      expect(contents(page.messages)).toEqual(['Hello group!']);

      b.send({ type: 'LEAVE_GROUP', from: 'bob', groupId });
      await b.next('SUCCESS', (event) => event.command === 'LEAVE_GROUP' && event.groupId === groupId);
      a.send({ type: 'GROUP_CHAT', from: 'ann', groupId, content: 'He is gone.' });
      await a.next('SUCCESS', (event) => event.command === 'GROUP_CHAT' && event.groupId === groupId);
    }
    await b.settle();
    expect(contents(b.of('GROUP_CHAT'))).toEqual([]);
    await Promise.all([a.close(), b.close()]);
  });

  test('PRESENCE_UPDATE comes on the presence socket: the friends there are, then who comes and goes', async () => {
    const [carol, dave] = [await signUp('carol'), await signUp('dave')];
    await post('/chats', { with: 'dave' }, carol);
    const daves = await presenceOf(dave);
    expect(await daves.next('PRESENCE_UPDATE')).toEqual({
      type: 'PRESENCE_UPDATE',
      username: 'carol',
      status: 'offline',
      lastSeen: null,
    });
    const carols = await presenceOf(carol);
    expect(await daves.next('PRESENCE_UPDATE', ({ status }) => status === 'online')).toMatchObject({
      username: 'carol',
      lastSeen: expect.any(Number),
    });
    carols.send({ type: 'DISCONNECT' });
    expect(await carols.ended()).toMatchObject({ code: 1000 });
    await daves.next('PRESENCE_UPDATE', (event) => event.status === 'offline' && event.lastSeen !== null);
    await daves.close();
  });

  test('W5 INIT_DATA comes once, unasked, with who wrote and how much', async () => {
    const [erin, frank] = [await signUp('erin'), await signUp('frank')];
    const e = await chatOf(erin);
    for (const content of ['one', 'two']) e.send({ type: 'ONE_TO_ONE_CHAT', from: 'erin', to: 'frank', content });
    await e.next('SUCCESS', ({ seq }) => seq === 2);

    const f = await chatOf(frank);
    expect(await f.next('INIT_DATA')).toMatchObject({ username: 'frank', chats: [{ with: 'erin', unread: 2, lastSeq: 2 }] });
    // Another one would have come by the time that a later connection has its own.
    const later = await chatOf(frank);
    await later.next('INIT_DATA');
    await f.settle();
    expect(f.of('INIT_DATA')).toHaveLength(1);
    expect(e.of('INIT_DATA')).toHaveLength(1);
    await Promise.all([e.close(), f.close(), later.close()]);
  });

  test('W37 a history reply moves the cursors of who sends neither INIT_DATA, ACK nor READ, and of nobody else', async () => {
    const [gina, hugo] = [await signUp('gina'), await signUp('hugo')];
    const [g, h] = [await chatOf(gina), await chatOf(hugo)];
    g.send({ type: 'ONE_TO_ONE_CHAT', from: 'gina', to: 'hugo', content: 'Read me.' });
    await h.next('ONE_TO_ONE_CHAT');
    h.send({ type: 'GET_ONE_TO_ONE_HISTORY', from: 'hugo', to: 'gina' });
    expect((await g.next('RECEIPT')).receipts).toEqual([{ username: 'hugo', delivered: 1, read: 1 }]);

    g.send({ type: 'ONE_TO_ONE_CHAT', from: 'gina', to: 'hugo', content: 'And me.' });
    await h.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === 2);
    const knows = await chatOf(hugo);
    await knows.askFor('INIT_DATA', { type: 'INIT_DATA' });
    await knows.askFor('ONE_TO_ONE_CHAT_HISTORY', { type: 'GET_ONE_TO_ONE_HISTORY', to: 'gina' });
    const { chats } = await knows.askFor('INIT_DATA', { type: 'INIT_DATA' });
    expect(chats).toMatchObject([{ with: 'gina', read: 1, unread: 1 }]);
    await Promise.all([g.close(), h.close(), knows.close()]);
  });
});
