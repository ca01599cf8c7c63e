import type { BlockCommand, DirectCommand, Outcome } from './commands.js';
import type { ConversationStates } from './conversation-states.js';
import type { Members } from './members.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

/** What is between two people: the direct chat they have, and the blocks. */
export class Pairs {
  readonly #states: ConversationStates;
  readonly #members: Members;
  readonly #direct: Statement;
  readonly #befriend: Statement;
  readonly #create: Statement;
  readonly #countBlocks: Statement;
  readonly #closedAmong: Statement;
  readonly #block: Statement;
  readonly #unblock: Statement;

  constructor(db: Sqlite, states: ConversationStates, members: Members) {
    this.#states = states;
    this.#members = members;
    this.#direct = prepare(db, 'SELECT conversation_id FROM friendships WHERE user_low = ? AND user_high = ?');
    this.#befriend = prepare(db, 'INSERT INTO friendships (user_low, user_high, conversation_id) VALUES (?, ?, ?)');
    this.#create = prepare(
      db,
      `INSERT INTO conversations (id, kind, last_seq, last_ordinal, last_message_seq, last_at, moved_at, created_at,
         members_version, member_count, name, access, visibility, closed, blocked)
       VALUES (?1, 'direct', 0, 0, 0, ?2, ?2, ?2, 1, 0, '', '', '', 0, 0)`,
    );
    this.#countBlocks = prepare(
      db,
      'SELECT count(*) FROM blocks WHERE (blocker_id = ?1 AND blocked_id = ?2) OR (blocker_id = ?2 AND blocked_id = ?1)',
    );
    this.#closedAmong = prepare(db, 'SELECT 1 FROM accounts WHERE id IN (?, ?) AND closed_at IS NOT NULL');
    this.#block = prepare(db, 'INSERT OR IGNORE INTO blocks (blocker_id, blocked_id, since) VALUES (?, ?, ?)');
    this.#unblock = prepare(db, 'DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?');
  }

  openDirect([, low, high, newId, at]: DirectCommand): Outcome<'direct'> {
    if (this.#blocksBetween(low, high) > 0 || this.#closedAmong.get(low, high) !== undefined) return null;
    const existing = this.#directOf(low, high);
    if (existing !== null) return [existing, false];
    this.#create.run(newId, at);
    this.#befriend.run(low, high, newId);
    const state = this.#states.get(newId);
    if (state === undefined) throw new Error(`chat ${newId} is not there after its insert`);
    for (const userId of [low, high]) this.#members.takeIn(state, newId, userId, 'member', 1, at);
    this.#states.changed(state);
    return [newId, true];
  }

  /** Blocks may come before any chat. Those that close or open one raise its members version, like any change of who may. */
  setBlock([, blockerId, blockedId, blocked, at]: BlockCommand): Outcome<'block'> {
    const { changes } = blocked ? this.#block.run(blockerId, blockedId, at) : this.#unblock.run(blockerId, blockedId);
    const blocks = this.#blocksBetween(blockerId, blockedId);
    const [low, high] = blockerId < blockedId ? [blockerId, blockedId] : [blockedId, blockerId];
    const conversationId = this.#directOf(low, high);
    const state = conversationId === null ? undefined : this.#states.get(conversationId);
    if (state !== undefined && changes > 0) {
      state.blocked = blocks;
      state.membersVersion += 1;
      state.movedAt = Math.max(state.movedAt, at);
      this.#states.changed(state);
    }
    return [conversationId, blocks > 0, changes > 0];
  }

  #blocksBetween(a: string, b: string): number {
    return (this.#countBlocks.get(a, b) as [number])[0];
  }

  #directOf(low: string, high: string): string | null {
    const row = this.#direct.get(low, high) as [string] | undefined;
    return row === undefined ? null : row[0];
  }
}
