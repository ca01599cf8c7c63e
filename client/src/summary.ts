import type { Access, ConversationSettings, InboxChat, InboxGroup, Role, Visibility } from '@parley/protocol';
import { messageOf, revised, type Entry, type GroupEntry, type Message } from './entries.js';

/** How far somebody has received and read a conversation, as seqs. Both only grow. */
export interface Cursors {
  readonly delivered: number;
  readonly read: number;
}

/** What both kinds of conversation show in a list. */
interface CommonSummary extends Cursors {
  readonly id: string;
  /** The seq of the newest entry known of. */
  readonly lastSeq: number;
  /** How many countable messages the log holds. */
  readonly ordinal: number;
  /** Messages of others after one's own read cursor. */
  readonly unread: number;
  /** When the conversation last moved, epoch milliseconds. */
  readonly lastAt: number;
  readonly lastMessage: Message | null;
  /** How one wants to see it; the same on all of one's devices. */
  readonly settings: Readonly<ConversationSettings>;
}

const NO_SETTINGS: ConversationSettings = { muted: false, pinned: false, archived: false };

export interface ChatSummary extends CommonSummary {
  readonly kind: 'chat';
  /** The other person's username. */
  readonly with: string;
  /** The other's cursors. */
  readonly peer: Cursors;
  /** One of the two has blocked the other: nothing can be sent. */
  readonly blocked: boolean;
}

export interface GroupSummary extends CommonSummary {
  readonly kind: 'group';
  readonly name: string;
  /** One's own role. */
  readonly role: Role;
  readonly access: Access;
  readonly visibility: Visibility;
  readonly memberCount: number;
  readonly closed: boolean;
  /** The seq of one's joining; with visibility `joined` nothing before it can be read. */
  readonly joinedSeq: number;
}

/**
 * A conversation as the inbox shows it. Immutable: a change makes a new one.
 *
 * Guarantee: a summary with the later entries folded in equals the summary that the server gives afterwards.
 */
export type Summary = ChatSummary | GroupSummary;

export function summaryOfChat(item: InboxChat): ChatSummary {
  return {
    kind: 'chat',
    id: item.chatId,
    with: item.with,
    peer: { delivered: item.peerDelivered, read: item.peerRead },
    blocked: item.blocked,
    ...common(item),
  };
}

export function summaryOfGroup(item: InboxGroup): GroupSummary {
  const { groupId, name, role, access, visibility, memberCount, closed, joinedSeq } = item;
  return { kind: 'group', id: groupId, name, role, access, visibility, memberCount, closed, joinedSeq, ...common(item) };
}

/** A direct chat that has just begun. */
export function newChat(chatId: string, peer: string, startedAt: number): ChatSummary {
  const none = { delivered: 0, read: 0 };
  const empty = { lastSeq: 0, ordinal: 0, unread: 0, ...none, lastAt: startedAt, lastMessage: null, settings: NO_SETTINGS };
  return { kind: 'chat', id: chatId, with: peer, peer: none, blocked: false, ...empty };
}

/** The summary after one more entry, in the eyes of `me`. Entries are folded in the order of their seqs. */
export function folded(summary: Summary, entry: Entry, me: string): Summary {
  const moved = {
    ...summary,
    lastSeq: Math.max(summary.lastSeq, entry.seq),
    lastAt: Math.max(summary.lastAt, entry.createdAt),
  };
  switch (entry.kind) {
    case 'message':
      return {
        ...moved,
        ordinal: Math.max(moved.ordinal, entry.ordinal),
        unread: moved.unread + (entry.from !== me && entry.seq > moved.read ? 1 : 0),
        lastMessage: entry,
      };
    case 'revision':
      return moved.lastMessage?.id === entry.target.id ? { ...moved, lastMessage: revised(moved.lastMessage, entry) } : moved;
    case 'event':
      return moved.kind === 'group' ? withGroupEntry(moved, entry, me) : moved;
  }
}

function withGroupEntry(group: GroupSummary, entry: GroupEntry, me: string): GroupSummary {
  switch (entry.event) {
    case 'created':
      return group;
    case 'renamed':
      return { ...group, name: entry.name };
    case 'settings':
      return { ...group, access: entry.access ?? group.access, visibility: entry.visibility ?? group.visibility };
    case 'joined':
    case 'added':
      return { ...group, memberCount: group.memberCount + 1 };
    case 'left':
    case 'removed':
      return { ...group, memberCount: group.memberCount - 1 };
    case 'role':
      return entry.username === me && entry.role !== null ? { ...group, role: entry.role } : group;
    case 'closed':
      return { ...group, closed: true };
    default:
      // A kind of a newer server is an entry like any other.
      entry.event satisfies never;
      return group;
  }
}

function common(item: InboxChat | InboxGroup) {
  const { lastSeq, ordinal, unread, delivered, read, lastAt, lastMessage, settings } = item;
  return {
    lastSeq,
    ordinal,
    unread,
    delivered,
    read,
    lastAt,
    lastMessage: lastMessage === undefined ? null : messageOf(lastMessage),
    // A server of an older version does not say.
    settings: (settings as ConversationSettings | undefined) ?? NO_SETTINGS,
  };
}
