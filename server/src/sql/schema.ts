/**
 * The tables, for Kysely. The same on SQLite and PostgreSQL: ids are text made by the application, times are epoch
 * milliseconds, flags are 0 or 1, and nothing here is a type that only one of them has.
 */
export interface Database {
  accounts: AccountsTable;
  sessions: SessionsTable;
  conversations: ConversationsTable;
  memberships: MembershipsTable;
  friendships: FriendshipsTable;
  blocks: BlocksTable;
  entries: EntriesTable;
  sends: SendsTable;
  offline_messages: OfflineMessagesTable;
  store_checks: StoreChecksTable;
  imports: ImportsTable;
  audit_log: AuditLogTable;
}

export interface AccountsTable {
  id: string;
  username: string;
  /** The username in lower case: unique, and the order of searches. */
  username_key: string;
  display_name: string | null;
  colour: string | null;
  password_hash: string;
  admin: number;
  invisible: number;
  last_seen: number | null;
  closed_at: number | null;
  suspended_at: number | null;
  created_at: number;
}

export interface SessionsTable {
  id: string;
  user_id: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  user_agent: string | null;
  address: string | null;
}

export interface ConversationsTable {
  id: string;
  kind: string;
  last_seq: number;
  /** How many countable messages the log holds. */
  last_ordinal: number;
  /** The seq of the newest entry of kind `message`; 0: none. */
  last_message_seq: number;
  /** When the newest entry was made; of an empty log, when the conversation was. */
  last_at: number;
  /** `last_at`, or later: when something moved that all its members see (a cursor of a direct chat, a block). */
  moved_at: number;
  created_at: number;
  members_version: number;
  member_count: number;
  /** Groups only; '' for a direct chat. */
  name: string;
  access: string;
  visibility: string;
  closed: number;
  /** How many blocks stand between the two of a direct chat: 0, 1 or 2. */
  blocked: number;
}

/** One row for each user who ever was in a conversation; `left_seq` tells whether they are now. */
export interface MembershipsTable {
  conversation_id: string;
  user_id: string;
  role: string;
  joined_seq: number;
  joined_at: number;
  left_seq: number | null;
  /** How many messages of the log are this user's own. */
  sent: number;
  delivered_seq: number;
  read_seq: number;
  /** The conversation's ordinal at `read_seq`, and how many up to there are one's own: unread without counting. */
  read_ordinal: number;
  read_sent: number;
  moved_at: number;
  muted: number;
  pinned: number;
  archived: number;
}

export interface FriendshipsTable {
  /** The smaller of the two ids. */
  user_low: string;
  user_high: string;
  conversation_id: string;
}

export interface BlocksTable {
  blocker_id: string;
  blocked_id: string;
  since: number;
}

export interface EntriesTable {
  conversation_id: string;
  seq: number;
  ordinal: number;
  message_id: string;
  kind: string;
  sender_id: string;
  created_at: number;
  content: string;
  /** JSON of an `EntryDetail`. */
  detail: string | null;
  client_id: string | null;
  edited_at: number | null;
  deleted_at: number | null;
}

/** What was sent under which client id (D3). Purged when older than promised. */
export interface SendsTable {
  conversation_id: string;
  sender_id: string;
  client_id: string;
  seq: number;
  hash: number;
  created_at: number;
}

export interface OfflineMessagesTable {
  user_id: string;
  conversation_id: string;
  first_seq: number;
  noted_at: number;
}

/** One row, written over by each check that the store takes writes. */
export interface StoreChecksTable {
  id: number;
  checked_at: number;
}

/** What was moved here from another installation, and how far that is. No server starts on one that is not finished. */
export interface ImportsTable {
  export_id: string;
  started_at: number;
  parts_done: number;
  finished_at: number | null;
}

/** What operators did. Ids are in the order of time. */
export interface AuditLogTable {
  id: string;
  at: number;
  /** The username; null: somebody at the command line. */
  actor: string | null;
  action: string;
  target: string;
  address: string | null;
}
