import type { MemberDraft } from './commands.js';
import type { ConversationState } from './conversation-states.js';
import type { OfflineRows } from './offline-rows.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

/** Who is in a conversation, from which seq to which (R6). */
export class Members {
  readonly #offline: OfflineRows;
  readonly #leave: Statement;
  readonly #setRole: Statement;
  readonly #join: Statement;

  constructor(db: Sqlite, offline: OfflineRows) {
    this.#offline = offline;
    const current = 'WHERE conversation_id = ? AND user_id = ? AND left_seq IS NULL';
    this.#leave = prepare(db, `UPDATE memberships SET left_seq = ?, moved_at = max(moved_at, ?) ${current}`);
    this.#setRole = prepare(db, `UPDATE memberships SET role = ?, moved_at = max(moved_at, ?) ${current}`);
    this.#join = prepare(
      db,
      `INSERT INTO memberships (conversation_id, user_id, role, joined_seq, joined_at, sent, delivered_seq, read_seq,
         read_ordinal, read_sent, moved_at)
       VALUES (?1, ?2, ?3, ?4, ?5, 0, ?4 - 1, ?4 - 1, ?6, 0, ?5)
       ON CONFLICT (conversation_id, user_id) DO UPDATE SET role = ?3, joined_seq = ?4, joined_at = ?5, left_seq = NULL,
         delivered_seq = ?4 - 1, read_seq = ?4 - 1, read_ordinal = ?6, read_sent = sent, moved_at = max(moved_at, ?5)`,
    );
  }

  /**
   * Takes in, takes out, or sets the role of each. Who comes, or comes back, starts at `joinedSeq` with everything
   * before it delivered and read, so that nothing is unread.
   */
  apply(state: ConversationState, conversationId: string, members: MemberDraft[], firstSeq: number, at: number): void {
    for (const [userId, role, entry] of members) {
      if (role === null) this.#takeOut(state, conversationId, userId, firstSeq + entry, at);
      else if (this.#setRole.run(role, at, conversationId, userId).changes === 0) {
        this.takeIn(state, conversationId, userId, role, firstSeq + entry, at);
      }
    }
  }

  takeIn(state: ConversationState, conversationId: string, userId: string, role: string, joinedSeq: number, at: number): void {
    this.#join.run(conversationId, userId, role, joinedSeq, at, state.lastOrdinal);
    state.memberCount += 1;
  }

  #takeOut(state: ConversationState, conversationId: string, userId: string, leftSeq: number, at: number): void {
    if (this.#leave.run(leftSeq, at, conversationId, userId).changes === 0) return;
    this.#offline.drop(userId, conversationId);
    state.memberCount -= 1;
  }
}
