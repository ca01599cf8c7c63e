import type { ConversationSettings, http, InboxGroup } from '@parley/protocol';
import { createClient, ParleyApi } from '@parley/client/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { until } from '../world/until.js';

const NONE = { muted: false, pinned: false, archived: false };

describe('W65 settings of a conversation', () => {
  const here = venue();

  async function pair(): Promise<{ ann: Account; bob: Account; chatId: string }> {
    const [ann, bob] = await here.people('ann', 'bob');
    const { chatId } = (await ann.call<http.ChatRef>('POST', '/chats', { with: bob.username })).body;
    return { ann, bob, chatId };
  }
  const set = (person: Account, id: string, change: object) =>
    person.call<ConversationSettings>('PUT', `/me/conversations/${id}`, change);

  test('are told to all of one’s connections, and to nobody else', async () => {
    const { ann, bob, chatId } = await pair();
    const [phone, laptop, bobs] = [await ann.chat(), await (await ann.signInAgain()).chat(), await bob.chat()];
    for (const client of [phone, laptop, bobs]) await client.askFor('INIT_DATA', { type: 'INIT_DATA' });
    expect(await set(ann, chatId, { pinned: true })).toMatchObject({ status: 200, body: { ...NONE, pinned: true } });
    for (const client of [phone, laptop]) {
      expect(await client.next('CONVERSATION_SETTINGS')).toEqual({
        type: 'CONVERSATION_SETTINGS',
        chatId,
        settings: { ...NONE, pinned: true },
      });
    }
    // A later event of the same kind would come after it.
    phone.send({ type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'Hello!' });
    await bobs.next('ONE_TO_ONE_CHAT');
    expect(bobs.frames.filter(({ type }) => type === 'CONVERSATION_SETTINGS')).toEqual([]);
    const other = await bobs.askFor('INIT_DATA', { type: 'INIT_DATA' });
    expect(other.chats[0]?.settings).toEqual(NONE);
  });

  test('of a group, and once more the same is not told again', async () => {
    const [ann] = await here.people('ann');
    const { groupId } = (await ann.call<InboxGroup>('POST', '/groups', { name: 'Climbing' })).body;
    const phone = await ann.chat();
    await phone.askFor('INIT_DATA', { type: 'INIT_DATA' });
    for (const change of [{ muted: true }, { muted: true }, {}, { archived: true }]) await set(ann, groupId, change);
    await phone.next('CONVERSATION_SETTINGS', ({ settings }) => settings.archived);
    expect(phone.frames.filter(({ type }) => type === 'CONVERSATION_SETTINGS')).toMatchObject([
      { groupId, settings: { muted: true, archived: false } },
      { groupId, settings: { muted: true, archived: true } },
    ]);
    expect((await ann.call<InboxGroup>('GET', `/groups/${groupId}`)).body.settings).toEqual({
      ...NONE,
      muted: true,
      archived: true,
    });
  });

  test('W45 have moved the conversation since the token; a message does not change them', async () => {
    const { ann, bob, chatId } = await pair();
    const phone = await ann.chat();
    const { token = '' } = await phone.askFor('INIT_DATA', { type: 'INIT_DATA' });
    await phone.close();
    await here.server.ahead(120_000);
    const first = (await ann.call<http.Inbox>('GET', '/inbox')).body;
    await here.server.ahead(120_000);
    await set(ann, chatId, { archived: true });
    const moved = (await ann.call<http.Inbox>('GET', `/inbox?token=${first.token}`)).body;
    expect(moved.chats).toMatchObject([{ chatId, settings: { ...NONE, archived: true } }]);
    expect((await bob.call<http.Inbox>('GET', `/inbox?token=${first.token}`)).body.chats).toEqual([]);
    const bobs = await bob.chat();
    await bobs.ask({ type: 'ONE_TO_ONE_CHAT', to: ann.username, content: 'Hello!' });
    const again = await (await ann.chat()).askFor('INIT_DATA', { type: 'INIT_DATA', token });
    expect(again.chats).toMatchObject([{ chatId, unread: 1, settings: { ...NONE, archived: true } }]);
  });

  test.each([
    ['a conversation of others', {}, 403, 'not_member', 'conversationId'],
    ['no such conversation', { id: '0190f5a0-7b1c-7000-8000-000000000001' }, 403, 'not_member', 'conversationId'],
    ['not a flag', { change: { muted: 'yes' } }, 400, 'invalid_field', 'muted'],
  ] as const)('%s is refused', async (_what, { id, change }: { id?: string; change?: object }, status, code, field) => {
    const { chatId } = await pair();
    const [eve] = await here.people('eve');
    expect(await set(eve, id ?? chatId, change ?? { pinned: true })).toMatchObject({ status, body: { error: { code, field } } });
  });

  test('in the SDK: on every device of one’s own, also one that was away', async () => {
    const { ann, chatId } = await pair();
    const api = new ParleyApi({ url: here.server.addresses.http, token: ann.token });
    const device = () => createClient({ token: ann.token, chatUrl: here.server.addresses.chat, api });
    const [phone, laptop] = [device(), device()];
    onTestFinished(async () => void (await Promise.all([phone.close(), laptop.close()])));
    await phone.connect();
    await laptop.connect();
    await phone.conversation(chatId)?.setSettings({ pinned: true });
    expect(phone.conversation(chatId)?.settings).toEqual({ ...NONE, pinned: true });
    await until('the laptop shows it', () => laptop.conversation(chatId)?.settings.pinned);
    await laptop.close();
    await phone.conversation(chatId)?.setSettings({ muted: true });
    const next = device();
    onTestFinished(() => next.close());
    await next.connect();
    expect(next.conversation(chatId)?.settings).toEqual({ ...NONE, pinned: true, muted: true });
  });
});
