import type { EventOf } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import { contents, groupHistory, groupOf, history, inbox, refused, say, sayIn, unread, upTo } from '../world/talk.js';

const here = venue();

describe('editing', () => {
  test('R18 W25 W35 one’s own message: an entry of its own, live on all other devices, folded into its target in pages', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    const { chatId, seq, messageId } = await say(a, bob, 'Helo!', { clientMessageId: 'c' });
    const edit = await a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'Hello!' });
    expect(edit).toMatchObject({ command: 'EDIT_MESSAGE', chatId, seq: 2, ordinal: 1 });
    expect(edit.messageId).not.toBe(messageId);

    const entry = {
      type: 'MESSAGE_EDITED',
      chatId,
      seq: 2,
      messageId: edit.messageId,
      from: ann.username,
      createdAt: edit.createdAt,
      target: { seq, messageId },
      content: 'Hello!',
    };
    for (const device of [b, laptop]) expect(await device.next('MESSAGE_EDITED')).toEqual(entry);
    const page = await history(b, ann);
    expect(page.messages).toMatchObject([{ seq: 1, messageId, content: 'Hello!', ordinal: 1, editedAt: edit.createdAt }]);
    expect(page).toMatchObject({ events: [entry], coversFrom: 1, coversTo: 2 });
    await a.settle();
    expect(a.of('MESSAGE_EDITED')).toEqual([]);
  });

  test('R18 the last edit counts, and each stands in the log', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { chatId, seq, messageId } = await say(a, bob, 'v0');
    await Promise.all(
      upTo(20).map((n) => a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: `v${n}` })),
    );
    const page = await history(a, bob);
    expect(contents(page.messages)).toEqual(['v20']);
    expect(page.events.map((entry) => (entry.type === 'MESSAGE_EDITED' ? entry.content : entry.type))).toEqual(
      upTo(20).map((n) => `v${n}`),
    );
  });

  test('W25 not what somebody else wrote, not even as owner of the group; not what is not a message, or not there', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId, seq, messageId } = await say(a, bob, 'Mine.');
    const edit = { type: 'EDIT_MESSAGE', content: 'Yours.' };
    await refused(b, 'not_allowed', { ...edit, chatId, seq, messageId });
    const groupId = await groupOf(ann, [bob]);
    const bobs = await sayIn(b, groupId, 'Bob’s.');
    await refused(a, 'not_allowed', { ...edit, groupId, seq: bobs.seq, messageId: bobs.messageId });
    const [created] = (await groupHistory(a, groupId)).events;
    for (const [where, target] of [
      [{ groupId }, { seq: created?.seq, messageId: created?.messageId }],
      [{ chatId }, { seq, messageId: bobs.messageId }],
      [{ chatId }, { seq: 99, messageId }],
    ]) {
      expect(await refused(a, 'not_found', { ...edit, ...where, ...target })).toMatchObject({ field: 'messageId' });
    }
    await refused(a, 'not_member', { ...edit, chatId: groupId, seq, messageId });
    for (const where of [{}, { chatId, groupId }]) await refused(a, 'invalid_field', { ...edit, ...where, seq, messageId });
    expect(contents((await history(b, ann)).messages)).toEqual(['Mine.']);
    expect(contents((await groupHistory(b, groupId)).messages)).toEqual(['Bob’s.']);
  });
});

describe('deleting', () => {
  test('R18 W25 one’s own message: it keeps its place and its number and is empty, for everybody and for good', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const first = await say(a, bob, 'Forget this.');
    await say(a, bob, 'Keep this.');
    const { chatId, seq, messageId } = first;
    const deletion = await a.askFor('SUCCESS', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
    expect(deletion).toMatchObject({ seq: 3, ordinal: 2 });
    expect(await b.next('MESSAGE_DELETED')).toMatchObject({ seq: 3, target: { seq, messageId }, from: ann.username });
    const { messages, events } = await history(b, ann);
    expect(messages).toMatchObject([
      { seq: 1, ordinal: 1, content: '', deletedAt: deletion.createdAt },
      { seq: 2, ordinal: 2, content: 'Keep this.' },
    ]);
    expect(events).toMatchObject([{ type: 'MESSAGE_DELETED', seq: 3 }]);
    expect(JSON.stringify(await history(b, ann))).not.toContain('Forget');

    const target = { chatId, seq, messageId };
    await refused(a, 'message_deleted', { type: 'DELETE_MESSAGE', ...target });
    await refused(a, 'message_deleted', { type: 'EDIT_MESSAGE', ...target, content: 'Back.' });
  });

  test('R18 what was edited before: its deletion shows, and the entry of the edit does not bring it back', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    const { chatId, seq, messageId } = await say(a, bob, 'Secret one.');
    await a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'Secret two.' });
    await a.askFor('SUCCESS', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
    expect(JSON.stringify(await history(await bob.chat(), ann))).not.toContain('Secret');
  });

  test('W25 admins and owners of a group delete what others wrote; members do not, nor anybody in a direct chat', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b, c] = [await ann.chat(), await bob.chat(), await carol.chat()];
    const groupId = await groupOf(ann, [bob, carol]);
    const [one, two] = [await sayIn(c, groupId, 'one'), await sayIn(a, groupId, 'two')];
    const deleting = ({ seq, messageId }: EventOf<'SUCCESS'>) => ({
      type: 'DELETE_MESSAGE',
      groupId,
      seq,
      messageId,
    });
    await refused(b, 'not_allowed', deleting(one));
    await ann.call('PATCH', `/groups/${groupId}/members/${bob.username}`, { role: 'admin' });
    for (const message of [one, two]) await b.askFor('SUCCESS', deleting(message));
    expect(await c.next('MESSAGE_DELETED')).toMatchObject({ from: bob.username, groupId, target: { seq: one.seq } });
    expect(contents((await groupHistory(c, groupId)).messages)).toEqual(['', '']);

    const { chatId, seq, messageId } = await say(a, bob, 'Mine.');
    await refused(b, 'not_allowed', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
  });

  test('R18 W41 unread counts messages: an edit adds none, and a deleted one stays counted', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const { chatId, seq, messageId } = await say(a, bob, 'one');
    await say(a, bob, 'two');
    await a.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq, messageId, content: 'uno' });
    expect(await unread(bob, ann)).toBe(2);
    await a.askFor('SUCCESS', { type: 'DELETE_MESSAGE', chatId, seq, messageId });
    expect(await unread(bob, ann)).toBe(2);
    expect((await inbox(b)).chats).toMatchObject([{ lastSeq: 4, ordinal: 2, lastMessage: { content: 'two' } }]);
    await b.askFor('SUCCESS', { type: 'READ', chatId, upTo: 1 });
    expect(await unread(bob, ann)).toBe(1);
  });
});
