import type { CursorCommand, Outcome } from './commands.js';
import type { ConversationState, ConversationStates } from './conversation-states.js';
import type { OfflineRows } from './offline-rows.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

type Row = [rowid: number, sent: number, delivered: number, read: number, readOrdinal: number, readSent: number];
/** The read cursor: its seq, the conversation's ordinal there, and how many up to there are the member's own. */
type ReadMark = [seq: number, ordinal: number, sent: number];

/** Delivered and read: cumulative, clamped to the log, never back (R20). */
export class MemberCursors {
  readonly #states: ConversationStates;
  readonly #offline: OfflineRows;
  readonly #select: Statement;
  readonly #update: Statement;
  readonly #ordinal: Statement;
  readonly #countOwn: Statement;

  constructor(db: Sqlite, states: ConversationStates, offline: OfflineRows) {
    this.#states = states;
    this.#offline = offline;
    this.#select = prepare(
      db,
      `SELECT rowid, sent, delivered_seq, read_seq, read_ordinal, read_sent FROM memberships
       WHERE conversation_id = ? AND user_id = ? AND left_seq IS NULL`,
    );
    this.#update = prepare(
      db,
      `UPDATE memberships SET delivered_seq = ?, read_seq = ?, read_ordinal = ?, read_sent = ?, moved_at = max(moved_at, ?)
       WHERE rowid = ?`,
    );
    this.#ordinal = prepare(db, 'SELECT ordinal FROM entries WHERE conversation_id = ? AND seq = ?');
    this.#countOwn = prepare(
      db,
      `SELECT count(*) FROM entries WHERE conversation_id = ? AND seq > ? AND seq <= ? AND sender_id = ? AND kind = 'message'`,
    );
  }

  move([, conversationId, userId, delivered, read, at]: CursorCommand): Outcome<'cursor'> {
    const state = this.#states.get(conversationId);
    if (state === undefined) return null;
    const row = this.#select.get(conversationId, userId) as Row | undefined;
    if (row === undefined) return null;
    const [rowid, sent, deliveredBefore, readBefore, readOrdinal, readSent] = row;
    const readTo = Math.max(readBefore, Math.min(read, state.lastSeq));
    const deliveredTo = Math.max(deliveredBefore, readTo, Math.min(delivered, state.lastSeq));
    const before: ReadMark = [readBefore, readOrdinal, readSent];
    const mark = readTo === readBefore ? before : this.#markAt(state, conversationId, userId, readTo, before, sent);
    if (deliveredTo !== deliveredBefore || readTo !== readBefore) {
      this.#update.run(deliveredTo, ...mark, at, rowid);
      this.#tell(state, at);
    }
    if (deliveredTo !== deliveredBefore) this.#offline.received(userId, conversationId, deliveredTo, state.lastSeq);
    const unread = state.lastOrdinal - mark[1] - (sent - mark[2]);
    return [deliveredTo, readTo, unread, deliveredBefore, readBefore];
  }

  /** At the log's end nothing is counted; in the middle, one's own messages on the shorter side. */
  #markAt(
    state: ConversationState,
    conversationId: string,
    userId: string,
    seq: number,
    before: ReadMark,
    sent: number,
  ): ReadMark {
    if (seq === state.lastSeq) return [seq, state.lastOrdinal, sent];
    const [ordinal] = this.#ordinal.get(conversationId, seq) as [number];
    const [readBefore, , sentBefore] = before;
    const ownSent =
      seq - readBefore < state.lastSeq - seq
        ? sentBefore + this.#own(conversationId, userId, readBefore, seq)
        : sent - this.#own(conversationId, userId, seq, state.lastSeq);
    return [seq, ordinal, ownSent];
  }

  #own(conversationId: string, userId: string, after: number, upTo: number): number {
    return (this.#countOwn.get(conversationId, after, upTo, userId) as [number])[0];
  }

  /** The other one of a direct chat sees these cursors: its inbox has moved too. */
  #tell(state: ConversationState, at: number): void {
    if (state.kind !== 'direct' || at <= state.movedAt) return;
    state.movedAt = at;
    this.#states.changed(state);
  }
}
