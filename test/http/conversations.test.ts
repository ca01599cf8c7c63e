import type { http, InboxGroup } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, register } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';

let server: RunningServer;
let ann: http.Authenticated;
let bob: http.Authenticated;
let eve: http.Authenticated;
beforeAll(async () => {
  server = await startServer();
  [ann, bob, eve] = await Promise.all([register(base(), 'ann'), register(base(), 'bob'), register(base(), 'eve')]);
});
afterAll(() => server.remove());

const base = () => server.addresses.http;
const as = <T>(who: http.Authenticated, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call<T>(base(), method, path, { token: who.token, body, headers });
const refused = (status: number, code: string) => ({ status, body: { error: expect.objectContaining({ code }) as unknown } });

async function say(who: http.Authenticated, command: { to: string } | { groupId: string }, ...contents: string[]): Promise<void> {
  const client = await RawClient.connect(server.addresses.chat, who.token);
  const type = 'to' in command ? 'ONE_TO_ONE_CHAT' : 'GROUP_CHAT';
  for (const content of contents) await client.askFor('SUCCESS', { type, ...command, content });
  await client.close();
}

describe('direct chats', () => {
  test('are started once, from either side', async () => {
    const first = await as<http.ChatRef>(ann, 'POST', '/chats', { with: 'bob' });
    expect(first).toMatchObject({ status: 201, body: { with: 'bob', created: true } });
    const again = await as<http.ChatRef>(bob, 'POST', '/chats', { with: 'ANN' });
    expect(again).toMatchObject({ status: 200, body: { chatId: first.body.chatId, with: 'ann', created: false } });
    expect(await as(ann, 'POST', '/chats', { with: 'nobody' })).toMatchObject(refused(404, 'not_found'));
    expect((await as<{ friends: unknown[] }>(ann, 'GET', '/friends')).body.friends).toEqual([
      { username: 'bob', chatId: first.body.chatId },
    ]);
  });

  test('history comes in pages, to members only', async () => {
    const { chatId } = (await as<http.ChatRef>(ann, 'POST', '/chats', { with: 'bob' })).body;
    await say(ann, { to: 'bob' }, 'one', 'two', 'three');
    const page = async (query: string) => (await as<http.ChatHistory>(bob, 'GET', `/chats/${chatId}/messages${query}`)).body;
    expect((await page('?limit=2')).messages.map(({ content }) => content)).toEqual(['two', 'three']);
    expect(await page('?limit=2')).toMatchObject({ hasMore: true, coversFrom: 2, coversTo: 3, with: 'ann' });
    expect((await page('?before=2')).messages.map(({ content }) => content)).toEqual(['one']);
    expect((await page('?after=1')).messages.map(({ content }) => content)).toEqual(['two', 'three']);
    expect(await as(eve, 'GET', `/chats/${chatId}/messages`)).toMatchObject(refused(403, 'not_member'));
    expect(await as(ann, 'GET', '/chats/nonsense/messages')).toMatchObject(refused(403, 'not_member'));
    expect(await as(ann, 'GET', `/chats/${chatId}/messages?limit=101`)).toMatchObject(refused(400, 'invalid_field'));
  });

  test('ETag: who has the page gets 304, and the new page once something was said', async () => {
    const { chatId } = (await as<http.ChatRef>(ann, 'POST', '/chats', { with: 'bob' })).body;
    const path = `/chats/${chatId}/messages`;
    const first = await as(bob, 'GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const second = await as(bob, 'GET', path, undefined, { 'if-none-match': etag });
    expect(second).toMatchObject({ status: 304, body: null });
    expect(second.headers.get('etag')).toBe(etag);
    await say(ann, { to: 'bob' }, 'news');
    expect((await as(bob, 'GET', path, undefined, { 'if-none-match': etag })).status).toBe(200);
  });

  test('the inbox counts what is unread, and with its token tells only what moved', async () => {
    const first = await as<http.ChatRef>(ann, 'POST', '/chats', { with: 'eve' });
    await say(ann, { to: 'eve' }, 'hello', 'are you there?');
    const inbox = await as<{ chats: { chatId: string; unread: number }[]; token: string }>(eve, 'GET', '/inbox');
    expect(inbox.body.chats).toEqual([expect.objectContaining({ chatId: first.body.chatId, unread: 2 })]);
    expect(await as(eve, 'GET', `/inbox?token=${encodeURIComponent(inbox.body.token)}`)).toMatchObject({ status: 200 });
    expect(await as(eve, 'GET', '/inbox?token=nonsense')).toMatchObject(refused(400, 'invalid_field'));
  });

  test('D7: a block closes the chat for both', async () => {
    const zoe = await register(base(), 'zoe');
    await as(zoe, 'POST', '/chats', { with: 'ann' });
    expect((await as(zoe, 'PUT', '/me/blocks/ANN')).status).toBe(204);
    expect((await as<{ blocks: unknown[] }>(zoe, 'GET', '/me/blocks')).body.blocks).toEqual([
      { username: 'ann', since: expect.any(Number) as number },
    ]);
    // What was said stays to be read.
    expect((await as(ann, 'POST', '/chats', { with: 'zoe' })).status).toBe(200);
    const { chats } = (await as<{ chats: { with: string; blocked: boolean }[] }>(ann, 'GET', '/inbox')).body;
    expect(chats.find((chat) => chat.with === 'zoe')?.blocked).toBe(true);
    expect((await as(zoe, 'DELETE', '/me/blocks/ann')).status).toBe(204);
    expect((await as<{ blocks: unknown[] }>(zoe, 'GET', '/me/blocks')).body.blocks).toEqual([]);
    expect(await as(zoe, 'PUT', '/me/blocks/nobody')).toMatchObject(refused(404, 'not_found'));
  });
});

describe('groups', () => {
  const create = async (body: object) => (await as<InboxGroup>(ann, 'POST', '/groups', body)).body;

  test('are created, read, renamed, joined and left', async () => {
    const created = await as<InboxGroup>(ann, 'POST', '/groups', { name: '  Climbing ', members: ['bob'] });
    expect(created).toMatchObject({ status: 201, body: { name: 'Climbing', role: 'owner', access: 'open', memberCount: 2 } });
    const path = `/groups/${created.body.groupId}`;
    expect(await as(bob, 'GET', path)).toMatchObject({ status: 200, body: { role: 'member' } });
    expect(await as(eve, 'GET', path)).toMatchObject(refused(403, 'not_member'));
    expect(await as(ann, 'PATCH', path, { name: 'Bouldering' })).toMatchObject({ status: 200, body: { name: 'Bouldering' } });
    expect(await as(bob, 'PATCH', path, { name: 'Mine' })).toMatchObject(refused(403, 'not_allowed'));
    const invitation = { groupId: created.body.groupId, name: 'Bouldering', memberCount: 2 };
    expect((await as(eve, 'GET', `${path}/invitation`)).body).toEqual({ ...invitation, isMember: false });
    expect((await as(bob, 'GET', `${path}/invitation`)).body).toEqual({ ...invitation, isMember: true });
    expect(await as(eve, 'POST', `${path}/join`)).toMatchObject({ status: 200, body: { role: 'member', memberCount: 3 } });
    expect((await as(eve, 'POST', `${path}/leave`)).status).toBe(204);
    expect(await as(eve, 'GET', `${path}/messages`)).toMatchObject(refused(403, 'not_member'));
  });

  test('members: added, promoted, removed, and listed in pages', async () => {
    const { groupId } = await create({ name: 'Members', access: 'invite' });
    const path = `/groups/${groupId}/members`;
    // Whether there is a group that one is not asked into is nobody's business.
    expect(await as(eve, 'POST', `/groups/${groupId}/join`)).toMatchObject(refused(404, 'not_found'));
    expect(await as(eve, 'GET', `/groups/${groupId}/invitation`)).toMatchObject(refused(404, 'not_found'));
    expect((await as(ann, 'POST', path, { username: 'bob' })).status).toBe(204);
    expect(await as(ann, 'POST', path, { username: 'bob' })).toMatchObject(refused(409, 'already_member'));
    expect((await as(ann, 'POST', path, { username: 'EVE' })).status).toBe(204);
    expect((await as(ann, 'PATCH', `${path}/bob`, { role: 'admin' })).status).toBe(204);
    const first = await as<http.Members>(eve, 'GET', `${path}?limit=2`);
    expect(first.body).toMatchObject({
      hasMore: true,
      members: [
        { username: 'ann', role: 'owner' },
        { username: 'bob', role: 'admin' },
      ],
    });
    expect((await as<http.Members>(eve, 'GET', `${path}?limit=2&after=bob`)).body).toMatchObject({
      hasMore: false,
      members: [{ username: 'eve' }],
    });
    expect(await as(eve, 'DELETE', `${path}/bob`)).toMatchObject(refused(403, 'not_allowed'));
    expect((await as(bob, 'DELETE', `${path}/eve`)).status).toBe(204);
    expect(await as(eve, 'GET', path)).toMatchObject(refused(403, 'not_member'));
  });

  test('history holds what was said and what was done', async () => {
    const { groupId } = await create({ name: 'Talk', members: ['bob'] });
    await say(bob, { groupId }, 'first');
    const { body } = await as<http.GroupHistory>(ann, 'GET', `/groups/${groupId}/messages`);
    expect(body.messages.map(({ from, content }) => [from, content])).toEqual([['bob', 'first']]);
    expect(body.events.map((event) => (event.type === 'GROUP_EVENT' ? event.event : event.type))).toEqual(['created', 'added']);
  });
});
