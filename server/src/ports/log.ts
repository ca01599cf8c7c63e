import type { Access, ErrorCode, Role, Visibility } from '@parley/protocol';

/**
 * The log of each conversation: the truth, from which everything else derives.
 *
 * Every entry has a seq (1, 2, 3 … dense, never reused) and the running ordinal: how many countable messages there are
 * up to it. A seq exists only together with its entry, in the same commit (R1).
 */
export type EntryKind = 'message' | 'edit' | 'delete' | GroupEventKind;
export type GroupEventKind = 'created' | 'renamed' | 'settings' | 'joined' | 'left' | 'added' | 'removed' | 'role' | 'closed';

/** What an entry of a kind other than `message` says beside its content. */
export interface EntryDetail {
  /** edit, delete: the entry concerned. */
  target?: { seq: number; messageId: string };
  /** joined, left, added, removed, role: whom it concerns. */
  userId?: string;
  role?: Role;
  name?: string;
  access?: Access;
  visibility?: Visibility;
}

export interface Entry {
  conversationId: string;
  seq: number;
  ordinal: number;
  messageId: string;
  kind: EntryKind;
  senderId: string;
  /** Epoch ms; never below that of the entry before. */
  createdAt: number;
  /** The text of a message (as last edited; '' when deleted) or of an edit; '' else. */
  content: string;
  detail: EntryDetail | null;
  clientId: string | null;
  /** Set on the target row by later edit and delete entries (R18), with the later entry's time. */
  editedAt: number | null;
  deletedAt: number | null;
}

/** A message. Membership is checked inside the commit: the sender is a member, nobody is blocked, the group is open. */
export interface Send {
  kind: 'send';
  conversationId: string;
  senderId: string;
  messageId: string;
  content: string;
  /** The sender's own id: a repeated one gives the first result (D3), with other content `client_id_reused`. */
  clientId: string | null;
  at: number;
}

/** A member's row as a change leaves it. `role: null` takes the member out. */
export interface MemberChange {
  userId: string;
  role: Role | null;
}

/**
 * A change of a group or its members, or an edit or deletion: checked by the caller against `membersVersion`, and
 * applied whole only if that is still the conversation's version; else refused as stale, and nothing is written.
 */
export interface Change {
  kind: 'change';
  conversationId: string;
  actorId: string;
  membersVersion: number;
  /** None is a message: those are sent. */
  entries: { messageId: string; kind: EntryKind; content?: string; detail?: EntryDetail }[];
  /** Each takes effect at the seq of `entries[entry]`: joined_seq or left_seq. */
  members?: (MemberChange & { entry: number })[];
  set?: { name?: string; access?: Access; visibility?: Visibility; closed?: boolean };
  /** edit or delete: the row that also changes. Refused `not_found` if it is not a message, `message_deleted` if deleted. */
  revise?: { seq: number; messageId: string; content: string | null };
  at: number;
}

export type Append = Send | Change;

export interface Appended {
  entries: Entry[];
  /** The version of the member list that the entries are for (R6). */
  membersVersion: number;
  /** True if this was sent before, and this is the first result. */
  repeated: boolean;
}

/** A cursor to move: delivered, read, or both. Clamped to the last seq; never goes back (R20). */
export interface CursorMove {
  conversationId: string;
  userId: string;
  delivered: number;
  read?: number;
}
export interface Cursors {
  delivered: number;
  read: number;
  unread: number;
  /** False if both cursors were there already. */
  moved: boolean;
  /** The delivered cursor before. */
  deliveredBefore: number;
  readBefore: number;
}

export interface PageQuery {
  conversationId: string;
  /** Only entries in [from, to] may be seen. */
  from: number;
  to: number;
  /**
   * Given if `to` is the conversation's last seq: when the entry there was made. Of another time it is another entry, of a
   * log that is lost (R5).
   */
  lastAt?: number;
  /** Newest first from `before` (exclusive) down, or oldest first from `after` (exclusive) up. Neither: newest. */
  before?: number;
  after?: number;
  limit: number;
  /** Of content and details, in UTF-8; one entry comes however large it is. */
  maxBytes: number;
}
export interface Page {
  /** Oldest first. */
  entries: Entry[];
  coversFrom: number;
  coversTo: number;
  hasMore: boolean;
}

/** Why an append was refused. Nothing of it was written. */
export type AppendRefusal =
  | Extract<
      ErrorCode,
      | 'not_member'
      | 'blocked'
      | 'group_closed'
      | 'client_id_reused'
      | 'not_found'
      | 'message_deleted'
      | 'storage_full'
      | 'storage_readonly'
      | 'overloaded'
    >
  | 'stale';

export class AppendRefused extends Error {
  override name = 'AppendRefused';
  readonly code: AppendRefusal;
  constructor(code: AppendRefusal) {
    super(code);
    this.code = code;
  }
}

export interface LogStore {
  /**
   * Appends, and resolves once the entries are on stable storage (D1). Calls for one conversation take effect and
   * resolve in the order in which they were made. Rejects with AppendRefused for everything that is to be expected.
   */
  append(append: Append): Promise<Appended>;
  /** Moves cursors, and resolves after the commit. Null: not a member. Of callers that moved them together, one is told that they moved. */
  moveCursor(move: CursorMove): Promise<Cursors | null>;
  /** Reads a page. Edits and deletions are folded into their targets already. */
  page(query: PageQuery): Promise<Page>;
  /** One entry, or null. */
  entry(conversationId: string, seq: number): Promise<Entry | null>;
}
