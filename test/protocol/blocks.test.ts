import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { contents, groupOf, history, inbox, refused, say, sayIn } from '../world/talk.js';

const here = venue({ PRESENCE_GRACE_S: '0' });

const block = (by: Account, whom: Account) => by.call('PUT', `/me/blocks/${whom.username}`);
const unblock = (by: Account, whom: Account) => by.call('DELETE', `/me/blocks/${whom.username}`);

describe('a block', () => {
  test('D7 W52 closes the chat both ways: neither sends, edits or deletes there, and nothing of it is stored', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId, seq, messageId } = await say(a, bob, 'Hello!');
    await say(b, ann, 'Go away.');
    expect((await block(bob, ann)).status).toBe(204);
    expect(await a.next('BLOCK_CHANGED')).toEqual({ type: 'BLOCK_CHANGED', chatId, with: bob.username, blocked: true });
    expect(await b.next('BLOCK_CHANGED')).toMatchObject({ chatId, with: ann.username, blocked: true });

    await refused(a, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'But.' });
    await refused(b, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: ann.username, content: 'But.', chatId });
    await refused(a, 'blocked', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'But.' });
    await refused(a, 'blocked', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
    // The history stays, for both.
    for (const [client, peer] of [
      [a, bob],
      [b, ann],
    ] as const) {
      expect((await inbox(client)).chats).toMatchObject([{ blocked: true, lastSeq: 2, unread: 1 }]);
      expect(contents((await history(client, peer)).messages)).toEqual(['Hello!', 'Go away.']);
    }
  });

  test('D7 W52 neither sees the other’s typing, receipts or presence', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'Hello!');
    const watching = await ann.presence();
    await watching.next('PRESENCE_UPDATE', ({ status }) => status === 'online');
    await block(bob, ann);
    expect(await watching.next('PRESENCE_UPDATE', ({ status }) => status === 'offline')).toMatchObject({
      username: bob.username,
      lastSeen: null,
    });
    await a.next('BLOCK_CHANGED');
    const known = a.frames.length;
    const seen = watching.of('PRESENCE_UPDATE').length;
    b.send({ type: 'TYPING', chatId });
    await b.askFor('SUCCESS', { type: 'READ', chatId, upTo: 1 });
    const bobs = await bob.presence();
    await bobs.askFor('SUCCESS', { type: 'PRESENCE_SET', status: 'away' });
    await refused(watching, 'not_allowed', { type: 'PRESENCE_WATCH', usernames: [bob.username] });
    await a.settle();
    await watching.settle();
    expect(a.frames.slice(known).map(({ type }) => type)).toEqual(['PONG']);
    expect(watching.of('PRESENCE_UPDATE')).toHaveLength(seen);
    // Who looks anew sees no friend at all.
    const anew = await ann.presence();
    await anew.next('INFO');
    expect(anew.of('PRESENCE_UPDATE')).toEqual([]);
  });

  test('W52 lifted: both can write again, and see each other again', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId } = await say(a, bob, 'Hello!');
    await block(bob, ann);
    const watching = await ann.presence();
    await watching.next('INFO');
    expect((await unblock(bob, ann)).status).toBe(204);
    expect(await a.next('BLOCK_CHANGED', ({ blocked }) => !blocked)).toMatchObject({ chatId, with: bob.username });
    expect(await say(a, bob, 'Again.')).toMatchObject({ chatId, seq: 2 });
    await b.next('ONE_TO_ONE_CHAT', ({ content }) => content === 'Again.');
    await watching.next('PRESENCE_UPDATE', ({ username, status }) => username === bob.username && status === 'online');
  });

  test('D7 from both sides stands until both have lifted it', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await say(a, bob, 'Hello!');
    const message = { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Again.' };
    for (const [by, whom] of [
      [ann, bob],
      [bob, ann],
      [bob, ann],
    ] as const) {
      expect((await block(by, whom)).status).toBe(204);
    }
    await unblock(bob, ann);
    await refused(a, 'blocked', message);
    expect((await ann.call('GET', '/me/blocks')).body).toMatchObject({ blocks: [{ username: bob.username }] });
    expect((await bob.call('GET', '/me/blocks')).body).toEqual({ blocks: [] });
    await unblock(ann, bob);
    await a.askFor('SUCCESS', message);
  });

  test('D7 before there is a chat keeps it from being started, over both doors', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await block(bob, ann);
    await refused(a, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Hello!' });
    for (const [by, whom] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      expect(await by.call('POST', '/chats', { with: whom.username })).toMatchObject({
        status: 403,
        body: { error: { code: 'blocked' } },
      });
    }
    expect((await inbox(a)).chats).toEqual([]);
  });

  test('W50 W52 nobody adds the other to a group; groups that both are in go on', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const shared = await groupOf(ann, [bob]);
    const other = await groupOf(ann, []);
    await block(bob, ann);
    expect(await ann.call('POST', `/groups/${other}/members`, { username: bob.username })).toMatchObject({
      status: 403,
      body: { error: { code: 'blocked' } },
    });
    await refused(a, 'blocked', { type: 'CREATE_GROUP', name: 'Trap', members: [bob.username] });
    await sayIn(a, shared, 'To all.');
    expect(await b.next('GROUP_CHAT')).toMatchObject({ content: 'To all.' });
  });

  test('D3 a message that was stored before the block gets its SUCCESS when it is sent again', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { requestId: _, ...first } = await say(a, bob, 'Hello!', { clientMessageId: 'before' });
    await block(bob, ann);
    expect(await say(a, bob, 'Hello!', { clientMessageId: 'before' })).toMatchObject(first);
  });

  test('of oneself, or of nobody, is refused', async () => {
    const [ann] = await here.people('ann');
    expect(await block(ann, ann)).toMatchObject({ status: 400, body: { error: { field: 'username' } } });
    expect(await ann.call('PUT', '/me/blocks/nobody')).toMatchObject({ status: 404 });
  });
});
