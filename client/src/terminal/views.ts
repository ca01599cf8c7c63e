import type { http } from '@parley/protocol';
import type { Conversation } from '../conversation.js';
import type { GroupEntry, Message } from '../entries.js';
import type { PendingMessage, TimelineItem } from '../timeline.js';
import { harmless, oneLine, shortTime, wrapped } from './text.js';

/** For whom things are shown, and how much room there is. */
export interface View {
  me: string;
  width: number;
  now: number;
}

const MARKS = { sent: '✓', delivered: '✓✓', read: '✓✓ read' } as const;

/** The list of conversations: number, name, what is unread, the newest message. */
export function conversationList(
  conversations: readonly Conversation[],
  presenceOf: (username: string) => string,
  view: View,
): string[] {
  if (conversations.length === 0) return ['Nothing here yet. /to NAME TEXT writes to somebody, /create NAME makes a group.'];
  return conversations.map((conversation, i) => {
    const name =
      conversation.with === null ? `#${harmless(conversation.title)}` : `${conversation.with}${presenceOf(conversation.with)}`;
    const unread = conversation.unread > 0 ? ` (${conversation.unread} new)` : '';
    const head = `${i + 1}. ${name}${unread}`;
    const last = conversation.lastMessage;
    if (last === null) return head;
    const room = view.width - head.length - 2;
    return room < 8 ? head : `${head}  ${oneLine(`${last.from === view.me ? 'you' : last.from}: ${shownContent(last)}`, room)}`;
  });
}

/** One item of a timeline, in as many lines as it takes. */
export function timelineItem(item: TimelineItem, conversation: Conversation, view: View): string[] {
  switch (item.kind) {
    case 'message':
      return messageLines(item, conversation, view);
    case 'pending':
      return pendingLines(item, view);
    case 'event':
      return [`— ${eventText(item)} —`].flatMap((line) => wrapped(line, view.width));
    case 'gap':
      return [`— ${item.to - item.from + 1} messages are being fetched —`];
  }
}

function messageLines(message: Message, conversation: Conversation, view: View): string[] {
  const isMine = message.from === view.me;
  const head = `${message.seq} ${shortTime(message.createdAt, view.now)} ${isMine ? 'you' : message.from}: `;
  const mark = isMine ? ` ${MARKS[conversation.statusOf(message)]}` : '';
  return wrapped(
    `${head}${harmless(shownContent(message))}${message.editedAt === null ? '' : ' (edited)'}${mark}`,
    view.width,
    '    ',
  );
}

function pendingLines(message: PendingMessage, view: View): string[] {
  const state = message.error === null ? message.status : `not sent: ${message.error.message}`;
  return wrapped(`… you: ${harmless(message.content)} (${state})`, view.width, '    ');
}

const shownContent = (message: Message) => (message.deletedAt === null ? message.content : '(deleted)');

/** What happened in a group, in words. */
export function eventText({ event, from, username, role, name, access }: GroupEntry): string {
  const whom = username ?? 'somebody';
  switch (event) {
    case 'created':
      return `${from} made the group ${harmless(name)}`;
    case 'renamed':
      return `${from} named it ${harmless(name)}`;
    case 'settings':
      return `${from} changed the settings${access === null ? '' : `: ${access}`}`;
    case 'joined':
      return `${whom} joined`;
    case 'left':
      return `${whom} left`;
    case 'added':
      return `${from} added ${whom}`;
    case 'removed':
      return `${from} removed ${whom}`;
    case 'role':
      return `${from} made ${whom} ${role ?? 'member'}`;
    case 'closed':
      return 'the group is closed';
  }
}

/** A message of another conversation than the one that is open. */
export function newsLine(conversation: Conversation, message: Message, view: View): string {
  const where = conversation.with === null ? ` in #${harmless(conversation.title)}` : '';
  return oneLine(`[${message.from}${where}: ${message.content}]`, view.width);
}

export function memberList({ members, hasMore }: http.Members): string[] {
  const lines = members.map(
    ({ username, role, read }) => `${username}${role === 'member' ? '' : ` (${role})`}, read up to ${read}`,
  );
  return hasMore ? [...lines, '… and more'] : lines;
}

export function sessionList(sessions: http.Session[], now: number): string[] {
  return sessions.map(
    ({ sessionId, current, userAgent, address, lastUsedAt }) =>
      `${sessionId}${current ? ' (this one)' : ''}  ${oneLine(userAgent ?? 'unknown', 30)}  ${address ?? ''}  ${shortTime(lastUsedAt, now)}`,
  );
}
