import type { Access, Colour, ConversationSettings, Role, Visibility } from '@parley/protocol';
import type {
  Conversation,
  ConversationStore,
  GroupConversation,
  Member,
  MembershipRecord,
  Opened,
  Roster,
} from '../ports/conversations.js';
import type { Appended } from '../ports/log.js';
import type { Asker } from './asker.js';
import { openedOf, settingsOf, type OpenedRow, type SettingsRow } from './rows.js';

/** The questions about conversations, as one of the databases has them. */
export interface ConversationQuestions<Statement> {
  /** Of conversation and user: `OPENED_COLUMNS`. */
  open: Statement;
  /** Of a conversation: id, name, access, visibility, closed, member_count, members_version. */
  group: Statement;
  /** Of two users, the lower id first: conversation_id. */
  direct: Statement;
  /** Of a conversation: kind, members_version, blocked, name, and the members as JSON of [user_id, role, joined_seq]. */
  roster: Statement;
  /** Of conversation, username in lower case and limit: `MemberRow`. */
  members: Statement;
  /** Of user, conversation and limit: `RecordRow`. */
  memberships: Statement;
}

type GroupRow = [id: string, name: string, Access, Visibility, closed: number, memberCount: number, membersVersion: number];
type RosterRow = [kind: Conversation['kind'], membersVersion: number, blocked: number, name: string, membersJson: string];
type MemberRow = [
  userId: string,
  username: string,
  displayName: string | null,
  Colour | null,
  Role,
  joinedSeq: number,
  joinedAt: number,
  delivered: number,
  read: number,
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

/** Conversations and their members in a database of SQL. */
export abstract class SqlConversations<Statement> implements ConversationStore {
  readonly #asker: Asker<Statement>;
  readonly #questions: ConversationQuestions<Statement>;

  constructor(asker: Asker<Statement>, questions: ConversationQuestions<Statement>) {
    this.#asker = asker;
    this.#questions = questions;
  }

  abstract createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended>;
  abstract setSettings(...change: Parameters<ConversationStore['setSettings']>): Promise<ConversationSettings | null>;
  protected abstract openPair(pair: Pair, newId: string, at: number): Promise<[id: string, created: boolean] | null>;

  async openDirect(a: string, b: string, newId: string, at: number): Promise<{ id: string; created: boolean } | null> {
    if (a === b) throw new TypeError('a direct chat is between two');
    const opened = await this.openPair(inOrder(a, b), newId, at);
    return opened && { id: opened[0], created: opened[1] };
  }

  async direct(a: string, b: string): Promise<string | null> {
    const row = await this.#asker.row<[string]>(this.#questions.direct, inOrder(a, b));
    return row === undefined ? null : row[0];
  }

  async open(userId: string, conversationId: string): Promise<Opened | null> {
    const row = await this.#asker.row<OpenedRow>(this.#questions.open, [conversationId, userId]);
    return row === undefined ? null : openedOf(row);
  }

  async group(conversationId: string): Promise<(GroupConversation & { membersVersion: number }) | null> {
    const row = await this.#asker.row<GroupRow>(this.#questions.group, [conversationId]);
    if (row === undefined) return null;
    const [id, name, access, visibility, closed, memberCount, membersVersion] = row;
    return { kind: 'group', id, name, access, visibility, closed: closed === 1, memberCount, membersVersion };
  }

  async roster(conversationId: string): Promise<Roster | null> {
    const row = await this.#asker.row<RosterRow>(this.#questions.roster, [conversationId]);
    if (row === undefined) return null;
    const [kind, membersVersion, blocked, name, membersJson] = row;
    const members = JSON.parse(membersJson) as [string, Role, number][];
    return {
      kind,
      membersVersion,
      blocked: blocked > 0,
      name,
      members: new Map(members.map(([userId, role, joinedSeq]) => [userId, { role, joinedSeq }])),
    };
  }

  async members(conversationId: string, after: string | undefined, limit: number): Promise<Member[]> {
    const rows = await this.#asker.rows<MemberRow>(this.#questions.members, [conversationId, (after ?? '').toLowerCase(), limit]);
    return rows.map(([userId, username, displayName, colour, role, joinedSeq, joinedAt, delivered, read]) => ({
      userId,
      username,
      displayName,
      colour,
      role,
      joinedSeq,
      joinedAt,
      delivered,
      read,
    }));
  }

  async memberships(userId: string, after: string | undefined, limit: number): Promise<MembershipRecord[]> {
    return (await this.#asker.rows<RecordRow>(this.#questions.memberships, [userId, after ?? '', limit])).map(recordOf);
  }
}

function recordOf(row: RecordRow): MembershipRecord {
  const [conversationId, kind, name, role, joinedAt, leftSeq, sent, lastSeq, muted, pinned, archived, peer] = row;
  const settings = settingsOf([muted, pinned, archived]);
  return { conversationId, kind, name, peer, role, joinedAt, isMember: leftSeq === null, sent, lastSeq, settings };
}

/** Two users, in the order of their ids. */
export type Pair = [low: string, high: string];
const inOrder = (a: string, b: string): Pair => (a < b ? [a, b] : [b, a]);
