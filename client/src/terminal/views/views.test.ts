import { describe, expect, test } from 'vitest';
import type { GroupEntry, Message } from '../../entries.js';
import { ParleyError } from '../../errors.js';
import { rendered } from '../text/render.js';
import type { Row } from '../text/row.js';
import { conversationList } from './conversation-list.js';
import { connectionRow, elsewhereRow } from './news.js';
import { memberRows, presenceText } from './people.js';
import { promptText } from './prompt.js';
import { eventText, messageRow, timelineRow, waitingRow } from './timeline.js';

const now = new Date(2026, 10, 24, 12, 5).getTime();
const view = { me: 'ann', width: 40, now };
const message: Message = {
  kind: 'message',
  id: 'm1',
  seq: 7,
  from: 'bob',
  createdAt: now,
  ordinal: 7,
  content: 'hello',
  clientMessageId: null,
  editedAt: null,
  deletedAt: null,
};
const text = (row: Row) => rendered([row], { width: Infinity, hasColour: false }).join('\n');

describe('a message', () => {
  test('shows its number, its time, who wrote it, and what', () => {
    expect(text(messageRow(message, null, view))).toBe('7 12:05 bob: hello');
  });

  test('of one’s own carries how far it has come', () => {
    const statusOf = (status: 'sent' | 'delivered' | 'read') =>
      text(timelineRow({ ...message, from: 'ann' }, { statusOf: () => status }, view));
    expect((['sent', 'delivered', 'read'] as const).map(statusOf)).toEqual([
      '7 12:05 you: hello ✓',
      '7 12:05 you: hello ✓✓',
      '7 12:05 you: hello ✓✓ read',
    ]);
  });

  test('that was edited or deleted says so', () => {
    expect(text(messageRow({ ...message, editedAt: now }, null, view))).toBe('7 12:05 bob: hello (edited)');
    expect(text(messageRow({ ...message, content: '', editedAt: now, deletedAt: now }, null, view))).toBe(
      '7 12:05 bob: (deleted)',
    );
  });

  test('that waits or was refused shows as such', () => {
    const waiting = { content: 'hi', status: 'queued', error: null } as const;
    expect(text(waitingRow(waiting))).toBe('… you: hi (queued)');
    const error = new ParleyError('blocked', 'One of you has blocked the other.');
    expect(text(waitingRow({ ...waiting, status: 'failed', error }))).toContain('not sent: One of you');
  });

  test('of another conversation takes one line, however long it is', () => {
    const row = elsewhereRow({ kind: 'group', title: 'Climbing' }, { ...message, content: 'long '.repeat(100) }, view);
    expect(rendered([row], { width: 40, hasColour: false })).toHaveLength(1);
  });
});

test('what happens in a group reads as a sentence', () => {
  const entry: GroupEntry = {
    kind: 'event',
    id: 'e1',
    seq: 2,
    from: 'ann',
    createdAt: now,
    event: 'added',
    name: 'Climbing',
    username: 'bob',
    role: 'member',
    access: null,
    visibility: null,
  };
  expect(eventText(entry)).toBe('ann added bob');
  expect(eventText({ ...entry, event: 'role', role: 'admin' })).toBe('ann made bob admin');
  expect(eventText({ ...entry, event: 'settings', access: 'invite' })).toBe('ann set invite');
});

describe('the list of conversations', () => {
  const listed = { unread: 0, lastMessage: null, blocked: false, closed: false } as const;
  const chat = { ...listed, kind: 'chat', title: 'bob', with: 'bob', unread: 3, lastMessage: message } as const;
  const group = { ...listed, kind: 'group', title: 'Climbing', with: null } as const;
  const presenceOf = () => ({ status: 'online', lastSeen: null, isStale: false }) as const;

  test('is numbered, with presence, unread counts and the newest message', () => {
    expect(conversationList([chat, group], presenceOf, view).map(text)).toEqual(['1. bob • (3 new)  bob: hello', '2. #Climbing']);
  });

  test('has one line for each on a narrow terminal', () => {
    const long = { ...chat, lastMessage: { ...message, content: 'long '.repeat(100) } };
    expect(rendered(conversationList([long, long], presenceOf, view), { width: 40, hasColour: false })).toHaveLength(2);
  });

  test('says how to begin when it is empty', () => {
    expect(conversationList([], presenceOf, view).map(text).join()).toContain('/open');
  });
});

describe('the prompt', () => {
  const facts = { isLive: true, title: 'bob', typing: [], mark: null, unreadElsewhere: 0, width: 40 };

  test('tells what is open, how far one’s last message has come, who writes, and what is unread elsewhere', () => {
    expect(promptText({ ...facts, title: null })).toBe('> ');
    expect(promptText(facts)).toBe('bob> ');
    expect(promptText({ ...facts, mark: 'read', unreadElsewhere: 2 })).toBe('bob ✓✓ read +2> ');
    expect(promptText({ ...facts, mark: 'read', typing: ['bob'] })).toBe('bob …writes> ');
    expect(promptText({ ...facts, isLive: false })).toBe('offline bob> ');
  });

  test('leaves room to write, whatever the group is called', () => {
    const title = `#${'long name '.repeat(10)}`;
    expect(promptText({ ...facts, title, mark: 'read', unreadElsewhere: 12 }).length).toBeLessThanOrEqual(21);
  });

  test('is harmless too', () => {
    expect(promptText({ ...facts, title: '#\u001b[2J' })).toBe('#\\u001b[2J> ');
  });
});

test('the connection is told when it goes and when it comes, not at every try', () => {
  const waiting = { name: 'waiting', retryAt: now, attempt: 1 } as const;
  expect(connectionRow('live', waiting)).not.toBeNull();
  expect(connectionRow('waiting', { name: 'connecting' })).toBeNull();
  expect(connectionRow('syncing', { name: 'live' })).not.toBeNull();
  expect(connectionRow('live', { name: 'closed', cause: 'user' })).toBeNull();
  expect(text(connectionRow('live', { name: 'closed', cause: 'session_ended' }) ?? '')).toBe('! signed out: session ended');
});

test('people: how they are, when they were last here, how far they have read', () => {
  expect(presenceText({ status: 'offline', lastSeen: now - 180_000, isStale: false }, now)).toBe('offline, seen 3 min ago');
  expect(presenceText({ status: 'away', lastSeen: null, isStale: true }, now)).toBe('away (as last heard)');
  const shown = { username: 'bob', displayName: null, colour: null };
  const member = { ...shown, role: 'admin', joinedAt: now, joinedSeq: 1, delivered: 9, read: 7 } as const;
  expect(memberRows([member]).map(text)).toEqual(['bob (admin), received up to 9, read up to 7']);
});
