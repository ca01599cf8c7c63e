import type { Access, Colour, ConversationSettings, Role, Visibility } from '@parley/protocol';
import type { Entry, Appended } from './log.js';

export interface DirectConversation {
  kind: 'direct';
  id: string;
  /** The two, in the order of their ids. */
  userIds: [string, string];
  blocked: boolean;
}
export interface GroupConversation {
  kind: 'group';
  id: string;
  name: string;
  access: Access;
  visibility: Visibility;
  closed: boolean;
  memberCount: number;
}
export type Conversation = (DirectConversation | GroupConversation) & {
  lastSeq: number;
  ordinal: number;
  membersVersion: number;
  createdAt: number;
  lastAt: number;
};

export interface Membership {
  role: Role;
  joinedSeq: number;
  joinedAt: number;
  delivered: number;
  read: number;
  unread: number;
  settings: ConversationSettings;
}

/** A conversation as one of its members sees it. */
export interface Opened {
  conversation: Conversation;
  membership: Membership;
}

export interface Member {
  userId: string;
  username: string;
  displayName: string | null;
  colour: Colour | null;
  role: Role;
  joinedSeq: number;
  joinedAt: number;
  delivered: number;
  read: number;
}

export interface RosterMember {
  role: Role;
  joinedSeq: number;
}
/** Everybody who is in a conversation at a version, for fan-out. */
export interface Roster {
  kind: 'direct' | 'group';
  membersVersion: number;
  /** Direct only: one of the two has blocked the other. */
  blocked: boolean;
  /** Group only, else ''. */
  name: string;
  /** By user id. */
  members: Map<string, RosterMember>;
}

export interface InboxItem extends Opened {
  /** When it last moved for this user: an entry, a cursor, its membership or a block. The order of the pages. */
  movedAt: number;
  /** Of a direct chat: the other's cursors. */
  peer: { userId: string; delivered: number; read: number } | null;
  lastMessage: Entry | null;
}
/** That a user is, or was, in a conversation. */
export interface MembershipRecord {
  conversationId: string;
  kind: 'direct' | 'group';
  /** Group only, else ''. */
  name: string;
  /** Direct only, else null: the other's username. */
  peer: string | null;
  role: Role;
  joinedAt: number;
  isMember: boolean;
  /** How many messages of its log are the user's own, whenever sent. */
  sent: number;
  lastSeq: number;
  settings: ConversationSettings;
}
export interface InboxQuery {
  userId: string;
  /** Only what moved at or after this time (conversation, membership or cursors). */
  since?: number;
  /** Continue after this item, in the order of the pages: (movedAt, id) descending. */
  after?: { movedAt: number; id: string };
  limit: number;
}

/** Conversations and who is in them. The log changes them; this reads them, and starts new ones. */
export interface ConversationStore {
  /**
   * Starts the direct chat of two users, or gives the one they have. Refused while one blocks the other, and if the account
   * of one is closed: null.
   */
  openDirect(a: string, b: string, newId: string, at: number): Promise<{ id: string; created: boolean } | null>;
  /** The direct chat of two users, if they have one. */
  direct(a: string, b: string): Promise<string | null>;
  /** Creates a group with its first entries: `created`, then `added` for each other member. */
  createGroup(group: {
    id: string;
    ownerId: string;
    name: string;
    access: Access;
    visibility: Visibility;
    /** Without the owner. */
    memberIds: string[];
    /** One for each entry: 1 + memberIds.length. */
    messageIds: string[];
    at: number;
  }): Promise<Appended>;
  /** The only door to a conversation: null unless the user is a member now. */
  open(userId: string, conversationId: string): Promise<Opened | null>;
  /** A group as somebody sees it who wants to join; null if there is none. */
  group(conversationId: string): Promise<(GroupConversation & { membersVersion: number }) | null>;
  roster(conversationId: string): Promise<Roster | null>;
  /** Members by username ascending, after `after`. */
  members(conversationId: string, after: string | undefined, limit: number): Promise<Member[]>;
  /** Everything that the user is, or ever was, in: by id ascending, after `after`. */
  memberships(userId: string, after: string | undefined, limit: number): Promise<MembershipRecord[]>;
  /**
   * Sets what is given of how the user wants to see it, and leaves the rest; gives all of it. Moves the item in the user's
   * inbox. Null: not a member. They stay for who leaves and comes back.
   */
  setSettings(
    userId: string,
    conversationId: string,
    change: { [K in keyof ConversationSettings]?: ConversationSettings[K] | undefined },
    at: number,
  ): Promise<ConversationSettings | null>;
}

/** What a user sees first. */
export interface InboxStore {
  /** The clock that `movedAt` is of, epoch ms: what is not to be seen yet will have moved then, or up to the commit's timeouts before. */
  now(): Promise<number>;
  /** A page, in the order of when the items last moved, newest first. */
  inbox(query: InboxQuery): Promise<{ items: InboxItem[]; hasMore: boolean }>;
  /** Groups that the user left, or was removed from, at or after `since`. */
  leftSince(userId: string, since: number): Promise<string[]>;
}

/** Who knows whom, and who will not hear from whom. */
export interface ContactStore {
  /** People with a direct chat with the user, not blocked either way. */
  friends(userId: string): Promise<{ userId: string; username: string; conversationId: string }[]>;
  /** Those of `others` who are a friend of, or share an open group with, the user and are not in a block with them. */
  acquainted(userId: string, others: string[]): Promise<string[]>;
  /** Blocks or unblocks, closes or opens the direct chat of the two (raising its members version). */
  setBlock(
    blockerId: string,
    blockedId: string,
    blocked: boolean,
    at: number,
  ): Promise<{ conversationId: string | null; blocked: boolean; changed: boolean }>;
  blocks(blockerId: string): Promise<{ username: string; since: number }[]>;
  /** Those of `others` who have blocked the user, whom the user has blocked, or whose account is closed. */
  blockedAmong(userId: string, others: string[]): Promise<string[]>;
}
