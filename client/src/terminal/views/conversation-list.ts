import type { Conversation } from '../../conversation.js';
import type { PresenceOf } from '../../presence.js';
import { dim, good, name, strong, textOf, type Row, type Span } from '../text/row.js';
import { cut, widthOf } from '../text/width.js';
import type { View } from './view.js';

/** Less room than this says nothing about a message. */
const PREVIEW_MIN_COLUMNS = 8;

type Listed = Pick<Conversation, 'kind' | 'title' | 'with' | 'unread' | 'lastMessage' | 'blocked' | 'closed'>;
type PresenceFor = (username: string) => PresenceOf;

/** Chats and groups, numbered: who, what is unread, and the newest message as far as there is room for it. */
export function conversationList(conversations: readonly Listed[], presenceOf: PresenceFor, view: View): Row[] {
  if (conversations.length === 0) return ['Nothing here yet. /open NAME begins a chat, /create NAME a group.'];
  return conversations.map((conversation, index) => [
    ...headOf(conversation, index + 1, presenceOf),
    ...previewOf(conversation, index + 1, presenceOf, view),
  ]);
}

function headOf(conversation: Listed, number: number, presenceOf: PresenceFor): (string | Span)[] {
  const { unread, blocked, closed } = conversation;
  return [
    dim(`${number}. `),
    name(nameOf(conversation)),
    conversation.with !== null && presenceOf(conversation.with).status === 'online' ? good(' •') : '',
    unread > 0 ? strong(` (${unread} new)`) : '',
    blocked ? dim(' (blocked)') : '',
    closed ? dim(' (closed)') : '',
  ];
}

function previewOf(conversation: Listed, number: number, presenceOf: PresenceFor, view: View): Span[] {
  const { lastMessage } = conversation;
  const room = view.width - widthOf(textOf(headOf(conversation, number, presenceOf))) - 2;
  if (lastMessage === null || room < PREVIEW_MIN_COLUMNS) return [];
  const who = lastMessage.from === view.me ? 'you' : lastMessage.from;
  const text = lastMessage.deletedAt === null ? lastMessage.content : '(deleted)';
  return [dim(`  ${cut(`${who}: ${text}`, room)}`)];
}

/** A group's name carries a `#`, so that it is not taken for a person. */
export const nameOf = ({ kind, title }: Pick<Conversation, 'kind' | 'title'>) => (kind === 'group' ? `#${title}` : title);
