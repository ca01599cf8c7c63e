import type { InboxChat, InboxGroup } from '@parley/protocol';
import type { InboxItem, Opened } from '../ports/conversations.js';
import type { Appended, Entry } from '../ports/log.js';
import { historyMessage } from './entry-event.js';
import type { Names } from './names.js';

/** A group as one of its members is shown it. */
export function groupView(opened: Opened, lastMessage: InboxItem['lastMessage'], names: Names, readerId: string): InboxGroup {
  const { conversation, membership } = opened;
  if (conversation.kind !== 'group') throw new Error(`conversation ${conversation.id} is not a group`);
  return {
    groupId: conversation.id,
    name: conversation.name,
    role: membership.role,
    access: conversation.access,
    visibility: conversation.visibility,
    memberCount: conversation.memberCount,
    closed: conversation.closed,
    joinedSeq: membership.joinedSeq,
    ...common(opened),
    ...(lastMessage !== null && { lastMessage: historyMessage(lastMessage, names, readerId) }),
  };
}

/** A group that has just begun with these entries, as the member is shown it whom one of them took in. */
export function newGroupView(entry: Entry, { entries }: Appended): InboxGroup {
  const { name, access, visibility } = entries[0]?.detail ?? {};
  const lastSeq = entries.at(-1)?.seq;
  if (name === undefined || access === undefined || visibility === undefined || lastSeq === undefined) {
    throw new Error(`group ${entry.conversationId} did not begin with its settings`);
  }
  return {
    groupId: entry.conversationId,
    name,
    role: entry.detail?.role ?? 'owner',
    access,
    visibility,
    memberCount: entries.length,
    closed: false,
    joinedSeq: entry.seq,
    lastSeq,
    ordinal: 0,
    unread: 0,
    delivered: entry.seq - 1,
    read: entry.seq - 1,
    lastAt: entry.createdAt,
    settings: { muted: false, pinned: false, archived: false },
  };
}

/** A direct chat as one of the two is shown it. */
export function chatView(item: InboxItem, names: Names, readerId: string): InboxChat {
  const { conversation, peer, lastMessage } = item;
  if (conversation.kind !== 'direct' || peer === null) throw new Error(`conversation ${conversation.id} is not a direct chat`);
  return {
    chatId: conversation.id,
    with: names.of(peer.userId),
    peerDelivered: peer.delivered,
    peerRead: peer.read,
    blocked: conversation.blocked,
    ...common(item),
    ...(lastMessage !== null && { lastMessage: historyMessage(lastMessage, names, readerId) }),
  };
}

const common = ({ conversation, membership }: Opened) => ({
  lastSeq: conversation.lastSeq,
  ordinal: conversation.ordinal,
  unread: membership.unread,
  delivered: membership.delivered,
  read: membership.read,
  lastAt: conversation.lastAt,
  settings: membership.settings,
});
