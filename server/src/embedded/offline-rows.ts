import { LIMITS } from '@parley/protocol';
import type { NoteCommand, Outcome, RebuildCommand } from './commands.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

/**
 * Rows of who is owed what while away. A row's first seq is always the one after the member's delivered cursor, for
 * the two move in the same commit (R22): a row that is made from a note and one made from cursors are the same.
 */
export class OfflineRows {
  readonly #note: Statement;
  readonly #rebuild: Statement;
  readonly #advance: Statement;
  readonly #delete: Statement;

  constructor(db: Sqlite) {
    this.#note = prepare(
      db,
      `INSERT OR IGNORE INTO offline_messages (user_id, conversation_id, first_seq, noted_at)
       SELECT user_id, conversation_id, delivered_seq + 1, ?1 FROM memberships
       WHERE conversation_id = ?2 AND user_id IN (SELECT value FROM json_each(?3)) AND left_seq IS NULL AND delivered_seq < ?4`,
    );
    this.#rebuild = prepare(
      db,
      `INSERT OR IGNORE INTO offline_messages (user_id, conversation_id, first_seq, noted_at)
       SELECT m.user_id, m.conversation_id, m.delivered_seq + 1, ?1
       FROM memberships m JOIN conversations c ON c.id = m.conversation_id
       WHERE m.user_id = ?2 AND m.left_seq IS NULL AND m.delivered_seq < c.last_seq
         AND c.member_count <= ${LIMITS.receiptsPushedUpToMembers}`,
    );
    this.#advance = prepare(db, 'UPDATE offline_messages SET first_seq = ? WHERE user_id = ? AND conversation_id = ?');
    this.#delete = prepare(db, 'DELETE FROM offline_messages WHERE user_id = ? AND conversation_id = ?');
  }

  note([, conversationId, userIdsJson, seq, at]: NoteCommand): Outcome<'note'> {
    this.#note.run(at, conversationId, userIdsJson, seq);
    return null;
  }

  rebuild([, userId, at]: RebuildCommand): Outcome<'rebuild'> {
    this.#rebuild.run(at, userId);
    return null;
  }

  /** The user has received everything up to `delivered`. */
  received(userId: string, conversationId: string, delivered: number, lastSeq: number): void {
    if (delivered >= lastSeq) this.drop(userId, conversationId);
    else this.#advance.run(delivered + 1, userId, conversationId);
  }

  drop(userId: string, conversationId: string): void {
    this.#delete.run(userId, conversationId);
  }
}
