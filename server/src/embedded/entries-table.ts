import type { Placed } from '../sql/appended.js';
import type { Revision } from './commands.js';
import type { ConversationState, ConversationStates } from './conversation-states.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

/** The log's rows, as the writer thread makes them: every number is taken here, together with its row (R1). */
export class EntriesTable {
  readonly #states: ConversationStates;
  readonly #insert: Statement;
  readonly #target: Statement;
  readonly #revise: Statement;

  constructor(db: Sqlite, states: ConversationStates) {
    this.#states = states;
    this.#insert = prepare(
      db,
      `INSERT INTO entries (conversation_id, seq, ordinal, message_id, kind, sender_id, created_at, content, detail, client_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#target = prepare(db, 'SELECT message_id, kind, deleted_at FROM entries WHERE conversation_id = ? AND seq = ?');
    this.#revise = prepare(
      db,
      'UPDATE entries SET content = ?, edited_at = ifnull(?, edited_at), deleted_at = ? WHERE conversation_id = ? AND seq = ?',
    );
  }

  /** The time of an entry that comes now: never before the one before it (R2). */
  timeOf(state: ConversationState, at: number): number {
    return Math.max(state.lastAt, at);
  }

  addMessage(
    state: ConversationState,
    conversationId: string,
    senderId: string,
    messageId: string,
    content: string,
    clientId: string | null,
    createdAt: number,
  ): Placed {
    const seq = state.lastSeq + 1;
    const ordinal = state.lastOrdinal + 1;
    this.#insert.run(conversationId, seq, ordinal, messageId, 'message', senderId, createdAt, content, null, clientId);
    state.lastOrdinal = ordinal;
    state.lastMessageSeq = seq;
    this.#moved(state, seq, createdAt);
    return [seq, ordinal, createdAt, state.membersVersion];
  }

  /** An entry that is not a message: it takes a seq, but is not counted. */
  addEvent(
    state: ConversationState,
    conversationId: string,
    actorId: string,
    messageId: string,
    kind: string,
    content: string,
    detailJson: string | null,
    createdAt: number,
  ): void {
    const seq = state.lastSeq + 1;
    this.#insert.run(conversationId, seq, state.lastOrdinal, messageId, kind, actorId, createdAt, content, detailJson, null);
    this.#moved(state, seq, createdAt);
  }

  /** Why a message cannot be edited or deleted, if so. */
  refusalToRevise(conversationId: string, [seq, messageId]: Revision): 'not_found' | 'message_deleted' | null {
    const row = this.#target.get(conversationId, seq) as [string, string, number | null] | undefined;
    if (row === undefined || row[0] !== messageId || row[1] !== 'message') return 'not_found';
    return row[2] === null ? null : 'message_deleted';
  }

  /** Pages never fold: the target's own row says what became of it (R18). */
  revise(conversationId: string, [seq, , content]: Revision, at: number): void {
    const editedAt = content === null ? null : at;
    const deletedAt = content === null ? at : null;
    this.#revise.run(content ?? '', editedAt, deletedAt, conversationId, seq);
  }

  #moved(state: ConversationState, seq: number, createdAt: number): void {
    state.lastSeq = seq;
    state.lastAt = createdAt;
    state.movedAt = Math.max(state.movedAt, createdAt);
    this.#states.changed(state);
  }
}
