import type { Access, ConversationSettings, Role, Visibility } from '@parley/protocol';
import type {
  Conversation,
  ConversationStore,
  GroupConversation,
  Member,
  MembershipRecord,
  Opened,
  Roster,
} from '../../ports/conversations.js';
import type { Appended, Change } from '../../ports/log.js';
import { GroupCall } from './change-call.js';
import type { Connections, Statement } from './connections.js';
import type { Lanes } from './lanes.js';
import { OPENED_COLUMNS, openedOf, settingsOf, type OpenedRow, type SettingsRow } from './rows.js';

const OPEN: Statement = {
  name: 'open',
  text: `SELECT ${OPENED_COLUMNS} FROM memberships m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.conversation_id = $1 AND m.user_id = $2 AND m.left_seq IS NULL`,
};
const GROUP: Statement = {
  name: 'group',
  text: `SELECT id, name, access, visibility, closed, member_count, members_version FROM conversations
    WHERE id = $1 AND kind = 'group'`,
};
const DIRECT: Statement = {
  name: 'direct',
  text: 'SELECT conversation_id FROM friendships WHERE user_low = $1 AND user_high = $2',
};
const OPEN_DIRECT: Statement = { name: 'open_direct', text: 'SELECT open_direct($1, $2, $3)' };
/** One row, however many members: a row each would cost the event loop more than the JSON does. */
const ROSTER: Statement = {
  name: 'roster',
  text: `SELECT kind, members_version, blocked, name,
      (SELECT json_agg(json_build_array(user_id, role, joined_seq)) FROM memberships
       WHERE conversation_id = c.id AND left_seq IS NULL)
    FROM conversations c WHERE id = $1`,
};
const MEMBERS: Statement = {
  name: 'members',
  text: `SELECT m.user_id, a.username, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
    FROM memberships m JOIN accounts a ON a.id = m.user_id
    WHERE m.conversation_id = $1 AND m.left_seq IS NULL AND a.username_key > $2
    ORDER BY a.username_key LIMIT $3`,
};
/** Of what is null nothing changes. Nothing else depends on these columns: the lock of the row is enough. */
const SET_SETTINGS: Statement = {
  name: 'set_settings',
  text: `UPDATE memberships SET muted = coalesce($1::integer, muted), pinned = coalesce($2::integer, pinned),
      archived = coalesce($3::integer, archived), moved_at = greatest(moved_at, clock_ms())
    WHERE conversation_id = $4 AND user_id = $5 AND left_seq IS NULL RETURNING muted, pinned, archived`,
};
/** Two halves, each with an index of its own. */
const MEMBERSHIPS: Statement = {
  name: 'memberships',
  text: `SELECT c.id, c.kind, c.name, m.role, m.joined_at, m.left_seq, m.sent, c.last_seq, m.muted, m.pinned, m.archived,
      CASE c.kind WHEN 'direct' THEN (SELECT a.username FROM memberships peer JOIN accounts a ON a.id = peer.user_id
        WHERE peer.conversation_id = c.id AND peer.user_id <> m.user_id) END
    FROM (
      SELECT * FROM memberships WHERE user_id = $1 AND left_seq IS NULL AND conversation_id > $2
      UNION ALL SELECT * FROM memberships WHERE user_id = $1 AND left_seq IS NOT NULL AND conversation_id > $2
    ) m JOIN conversations c ON c.id = m.conversation_id
    ORDER BY c.id LIMIT $3`,
};

type GroupRow = [id: string, name: string, Access, Visibility, closed: number, memberCount: number, membersVersion: number];
type RosterRow = [
  kind: Conversation['kind'],
  membersVersion: number,
  blocked: number,
  name: string,
  members: [string, Role, number][] | null,
];
type RecordRow = [
  id: string,
  kind: Conversation['kind'],
  name: string,
  Role,
  joinedAt: number,
  leftSeq: number | null,
  sent: number,
  lastSeq: number,
  ...settings: SettingsRow,
  peer: string | null,
];
type MemberRow = [userId: string, username: string, Role, joinedSeq: number, joinedAt: number, delivered: number, read: number];

/** Conversations and their members in PostgreSQL. */
export class PostgresConversations implements ConversationStore {
  readonly #lanes: Lanes;
  readonly #connections: Connections;

  constructor(lanes: Lanes, connections: Connections) {
    this.#lanes = lanes;
    this.#connections = connections;
  }

  async openDirect(a: string, b: string, newId: string): Promise<{ id: string; created: boolean } | null> {
    if (a === b) throw new TypeError('a direct chat is between two');
    const row = await this.#connections.row<[[string, boolean] | null]>(OPEN_DIRECT, [...inOrder(a, b), newId]);
    const opened = row?.[0] ?? null;
    return opened === null ? null : { id: opened[0], created: opened[1] };
  }

  async direct(a: string, b: string): Promise<string | null> {
    const row = await this.#connections.row<[string]>(DIRECT, inOrder(a, b));
    return row === undefined ? null : row[0];
  }

  createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended> {
    const entries = firstEntries(group);
    return this.#lanes.submit((acceptedAt) => new GroupCall(group, entries, acceptedAt));
  }

  async open(userId: string, conversationId: string): Promise<Opened | null> {
    const row = await this.#connections.row<OpenedRow>(OPEN, [conversationId, userId]);
    return row === undefined ? null : openedOf(row);
  }

  async group(conversationId: string): Promise<(GroupConversation & { membersVersion: number }) | null> {
    const row = await this.#connections.row<GroupRow>(GROUP, [conversationId]);
    if (row === undefined) return null;
    const [id, name, access, visibility, closed, memberCount, membersVersion] = row;
    return { kind: 'group', id, name, access, visibility, closed: closed === 1, memberCount, membersVersion };
  }

  async roster(conversationId: string): Promise<Roster | null> {
    const row = await this.#connections.row<RosterRow>(ROSTER, [conversationId]);
    if (row === undefined) return null;
    const [kind, membersVersion, blocked, name, members] = row;
    return {
      kind,
      membersVersion,
      blocked: blocked > 0,
      name,
      members: new Map((members ?? []).map(([userId, role, joinedSeq]) => [userId, { role, joinedSeq }])),
    };
  }

  async members(conversationId: string, after: string | undefined, limit: number): Promise<Member[]> {
    const rows = await this.#connections.rows<MemberRow>(MEMBERS, [conversationId, (after ?? '').toLowerCase(), limit]);
    return rows.map(([userId, username, role, joinedSeq, joinedAt, delivered, read]) => ({
      userId,
      username,
      role,
      joinedSeq,
      joinedAt,
      delivered,
      read,
    }));
  }

  async memberships(userId: string, after: string | undefined, limit: number): Promise<MembershipRecord[]> {
    return (await this.#connections.rows<RecordRow>(MEMBERSHIPS, [userId, after ?? '', limit])).map(recordOf);
  }

  async setSettings(
    ...[userId, conversationId, { muted, pinned, archived }]: Parameters<ConversationStore['setSettings']>
  ): Promise<ConversationSettings | null> {
    const flags = [muted, pinned, archived].map((flag) => (flag === undefined ? null : Number(flag)));
    const row = await this.#connections.row<SettingsRow>(SET_SETTINGS, [...flags, conversationId, userId]);
    return row === undefined ? null : settingsOf(row);
  }
}

const inOrder = (a: string, b: string): [low: string, high: string] => (a < b ? [a, b] : [b, a]);

function recordOf(row: RecordRow): MembershipRecord {
  const [conversationId, kind, name, role, joinedAt, leftSeq, sent, lastSeq, muted, pinned, archived, peer] = row;
  const settings = settingsOf([muted, pinned, archived]);
  return { conversationId, kind, name, peer, role, joinedAt, isMember: leftSeq === null, sent, lastSeq, settings };
}

type Draft = Omit<Change['entries'][number], 'messageId'>;

/** `created`, then `added` for each member beside the owner. */
function firstEntries({
  name,
  access,
  visibility,
  memberIds,
  messageIds,
}: Parameters<ConversationStore['createGroup']>[0]): Change['entries'] {
  const added: Draft[] = memberIds.map((userId) => ({ kind: 'added', detail: { userId, role: 'member', name } }));
  const drafts: Draft[] = [{ kind: 'created', detail: { name, access, visibility } }, ...added];
  return drafts.map((draft, index) => {
    const messageId = messageIds[index];
    if (messageId === undefined) throw new TypeError('a group needs a message id for each of its first entries');
    return { messageId, ...draft };
  });
}
