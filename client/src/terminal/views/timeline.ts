import type { Conversation, MessageStatus } from '../../conversation.js';
import type { GroupEntry, Message } from '../../entries.js';
import type { PendingMessage, TimelineItem } from '../../timeline.js';
import { bad, dim, good, name, strong, type Row, type Span } from '../text/row.js';
import { shortTime } from '../text/time.js';
import type { View } from './view.js';

/** How far one's own message has come, as text. */
export const MARKS: Record<MessageStatus, string> = { sent: '✓', delivered: '✓✓', read: '✓✓ read' };

/** One item of a timeline. */
export function timelineRow(item: TimelineItem, conversation: Pick<Conversation, 'statusOf'>, view: View): Row {
  switch (item.kind) {
    case 'message':
      return messageRow(item, item.from === view.me ? conversation.statusOf(item) : null, view);
    case 'pending':
      return waitingRow(item);
    case 'event':
      return [dim(`${item.seq} ${shortTime(item.createdAt, view.now)} — ${eventText(item)}`)];
    case 'gap':
      return [dim(`— ${item.to - item.from + 1} entries are missing here, and being fetched —`)];
    default:
      return item satisfies never;
  }
}

/** A message with its number; `status` only of one's own. */
export function messageRow(message: Message, status: MessageStatus | null, view: View): Row {
  const from = status === null ? name(message.from) : strong('you');
  const text = message.deletedAt === null ? message.content : dim('(deleted)');
  const edited = message.editedAt === null || message.deletedAt !== null ? '' : dim(' (edited)');
  return [dim(`${message.seq} ${shortTime(message.createdAt, view.now)} `), from, ': ', text, edited, markOf(status)];
}

function markOf(status: MessageStatus | null): string | Span {
  if (status === null) return '';
  return (status === 'read' ? good : dim)(` ${MARKS[status]}`);
}

/** One's own message that has not been sent yet. */
export function waitingRow({ content, status, error }: Pick<PendingMessage, 'content' | 'status' | 'error'>): Row {
  return [dim('… '), strong('you'), ': ', content, error === null ? dim(` (${status})`) : bad(` (not sent: ${error.message})`)];
}

/** What happened in a group, in words. */
export function eventText({ event, from, username, role, name: groupName, access, visibility }: GroupEntry): string {
  const whom = username ?? 'somebody';
  switch (event) {
    case 'created':
      return `${from} made the group ${groupName}`;
    case 'renamed':
      return `${from} named it ${groupName}`;
    case 'settings':
      return `${from} set ${[access, visibility && `history of ${visibility}`].filter(Boolean).join(', ')}`;
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
    default:
      // A newer server knows more.
      event satisfies never;
      return `${from}: ${String(event)}`;
  }
}
