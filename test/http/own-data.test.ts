import { http, type InboxGroup } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { call, PASSWORD } from '../world/http.js';
import { until } from '../world/until.js';

const here = venue();
const close = (person: Account, password = PASSWORD) => person.call('DELETE', '/me', { password });

/** Sends over a socket of its own, and gives the answers. */
async function say(person: Account, ...commands: Record<string, unknown>[]) {
  const client = await person.chat();
  const answers = [];
  for (const command of commands) answers.push(await client.ask(command));
  await client.close();
  return answers;
}

describe('W67 the export', () => {
  test('has all that there is of somebody, in one file, and nothing that others wrote', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const group = async (name: string) =>
      (await ann.call<InboxGroup>('POST', '/groups', { name, members: [bob.username] })).body.groupId;
    const [climbing, left, silent] = [await group('Climbing'), await group('Left'), await group('Silent')];
    const [first] = await say(
      ann,
      { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Hello “Bob”!', clientMessageId: 'one' },
      ...['a', 'b'].map((content) => ({ type: 'GROUP_CHAT', groupId: climbing, content })),
      { type: 'GROUP_CHAT', groupId: left, content: 'Bye' },
    );
    if (first?.type !== 'SUCCESS' || first.seq === undefined) throw new Error('not sent');
    const { chatId, seq, messageId } = first;
    await say(bob, ...[climbing, left, silent].map((groupId) => ({ type: 'GROUP_CHAT', groupId, content: 'of Bob' })));
    await say(
      ann,
      { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'Hello, Bob!' },
      { type: 'LEAVE_GROUP', groupId: left },
    );
    await ann.call('PUT', `/me/conversations/${climbing}`, { pinned: true });
    const [eve] = await here.people('eve');
    await ann.call('PUT', `/me/blocks/${eve.username}`);

    const answer = await ann.call('GET', '/me/export');
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="parley-${ann.username}.json"`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { profile, sessions, blocks, conversations } = http.Export.parse(answer.body);
    expect([profile.username, sessions.map(({ sessionId }) => sessionId)]).toEqual([ann.username, [ann.sessionId]]);
    expect(blocks.map(({ username }) => username)).toEqual([eve.username]);
    const by = (id: string) => conversations.find((each) => (each.chatId ?? each.groupId) === id);
    expect(conversations).toHaveLength(4);
    expect(by(chatId ?? '')).toMatchObject({
      with: bob.username,
      isMember: true,
      messages: [{ seq, messageId, content: 'Hello, Bob!', clientMessageId: 'one', editedAt: expect.any(Number) }],
    });
    expect(by(climbing)).toMatchObject({ name: 'Climbing', role: 'owner', isMember: true, settings: { pinned: true } });
    expect(by(climbing)?.messages.map(({ content }) => content)).toEqual(['a', 'b']);
    expect(by(left)).toMatchObject({ name: 'Left', isMember: false, messages: [{ content: 'Bye' }] });
    expect(by(silent)?.messages).toEqual([]);
    expect(JSON.stringify(answer.body)).not.toContain('of Bob');
  });

  test('of many messages comes whole, page by page', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const { chatId } = (await ann.call<http.ChatRef>('POST', '/chats', { with: bob.username })).body;
    const [a, b] = [await ann.chat(), await bob.chat()];
    const sent = Array.from({ length: 700 }, (_, n) => `message ${n}`);
    for (const content of sent) {
      b.send({ type: 'ONE_TO_ONE_CHAT', to: ann.username, content: 'of Bob' });
      a.send({ type: 'ONE_TO_ONE_CHAT', to: bob.username, content });
    }
    await until('all are stored', () => a.frames.filter(({ type }) => type === 'SUCCESS').length === sent.length);
    const { body } = await ann.call<http.Export>('GET', '/me/export');
    expect(body.conversations.map((each) => [each.chatId, each.messages.map(({ content }) => content)])).toEqual([
      [chatId, sent],
    ]);
  });

  test('nobody gets it without a session', async () => {
    expect((await call(here.server.addresses.http, 'GET', '/me/export')).status).toBe(401);
  });
});

describe('W66 closing an account', () => {
  test('wants the password', async () => {
    const [ann] = await here.people('ann');
    expect(await close(ann, 'wrong horse battery')).toMatchObject({
      status: 401,
      body: { error: { code: 'wrong_credentials', field: 'password' } },
    });
    expect((await ann.call('GET', '/me')).status).toBe(200);
  });

  test('ends every session at once, and nobody signs in any more or gets the name', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [phone, laptop] = [await ann.chat(), await (await ann.signInAgain()).chat()];
    expect((await close(ann)).status).toBe(204);
    for (const client of [phone, laptop]) await until('the socket is closed', () => client.closed, 2_000);
    expect([phone.closed?.code, laptop.closed?.code]).toEqual([4101, 4101]);
    expect((await ann.call('GET', '/me')).status).toBe(401);
    const credentials = { username: ann.username, password: PASSWORD };
    const at = (path: string) => call(here.server.addresses.http, 'POST', path, { body: credentials });
    expect(await at('/auth/login')).toMatchObject({ status: 401, body: { error: { code: 'wrong_credentials' } } });
    expect(await at('/auth/register')).toMatchObject({ status: 409, body: { error: { code: 'username_taken' } } });
    expect((await bob.call('GET', `/users/${ann.username}`)).status).toBe(404);
    expect((await bob.call<{ users: http.User[] }>('GET', `/users?prefix=${ann.username}`)).body.users).toEqual([]);
  });

  test('leaves all groups, and hands on what it owned', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const { groupId } = (await ann.call<InboxGroup>('POST', '/groups', { name: 'Climbing', members: [bob.username] })).body;
    const b = await bob.chat();
    await close(ann);
    await b.next('GROUP_EVENT', ({ event, username }) => event === 'left' && username === ann.username);
    expect((await bob.call<InboxGroup>('GET', `/groups/${groupId}`)).body).toMatchObject({ role: 'owner', memberCount: 1 });
    const add = await bob.call('POST', `/groups/${groupId}/members`, { username: ann.username });
    expect(add).toMatchObject({ status: 403, body: { error: { code: 'blocked' } } });
  });

  test('nobody writes to it, not even who had blocked it; what it wrote stays, with its name', async () => {
    const [ann, bob, carol, dan] = await here.people('ann', 'bob', 'carol', 'dan');
    await say(ann, ...[bob, carol].map(({ username }) => ({ type: 'ONE_TO_ONE_CHAT', to: username, content: 'Hello!' })));
    await carol.call('PUT', `/me/blocks/${ann.username}`);
    const b = await bob.chat();
    await b.askFor('INIT_DATA', { type: 'INIT_DATA' });
    await close(ann);
    expect(await b.next('BLOCK_CHANGED')).toMatchObject({ with: ann.username, blocked: true });
    await carol.call('DELETE', `/me/blocks/${ann.username}`);
    for (const person of [bob, carol, dan]) {
      const [answer] = await say(person, { type: 'ONE_TO_ONE_CHAT', to: ann.username, content: 'Are you there?' });
      expect([person.username, answer]).toMatchObject([person.username, { type: 'ERROR', code: 'blocked' }]);
    }
    const [page] = await say(bob, { type: 'GET_ONE_TO_ONE_HISTORY', to: ann.username });
    expect(page).toMatchObject({ with: ann.username, messages: [{ from: ann.username, content: 'Hello!' }] });
    expect((await bob.call<{ friends: object[] }>('GET', '/friends')).body.friends).toEqual([]);
  });
});
