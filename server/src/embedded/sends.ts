import { contentHash } from '../sql/content-hash.js';
import type { Outcome, PurgeCommand, SendCommand } from './commands.js';
import type { ConversationState, ConversationStates } from './conversation-states.js';
import type { EntriesTable } from './entries-table.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

type First = [seq: number, ordinal: number, createdAt: number, messageId: string, hash: number];

/** Messages: who may, whether it was sent before, and its place in the log. */
export class Sends {
  readonly #states: ConversationStates;
  readonly #entries: EntriesTable;
  readonly #count: Statement;
  readonly #uncount: Statement;
  readonly #remember: Statement;
  readonly #first: Statement;
  readonly #purge: Statement;

  constructor(db: Sqlite, states: ConversationStates, entries: EntriesTable) {
    this.#states = states;
    this.#entries = entries;
    const own = 'WHERE conversation_id = ? AND user_id = ? AND left_seq IS NULL';
    this.#count = prepare(db, `UPDATE memberships SET sent = sent + 1 ${own}`);
    this.#uncount = prepare(db, `UPDATE memberships SET sent = sent - 1 ${own}`);
    this.#remember = prepare(
      db,
      'INSERT OR IGNORE INTO sends (conversation_id, sender_id, client_id, seq, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#first = prepare(
      db,
      `SELECT e.seq, e.ordinal, e.created_at, e.message_id, s.hash
       FROM sends s JOIN entries e ON e.conversation_id = s.conversation_id AND e.seq = s.seq
       WHERE s.conversation_id = ? AND s.sender_id = ? AND s.client_id = ?`,
    );
    this.#purge = prepare(
      db,
      `DELETE FROM sends WHERE created_at < ? AND rowid IN (SELECT rowid FROM sends ORDER BY rowid LIMIT ?)`,
    );
  }

  /**
   * The usual send looks nothing up: it counts itself, which tells whether the sender is a member, and writes its
   * client id, which tells whether it is new. Only one that is refused, or not new, is looked up, so that whoever
   * repeats a send gets the first result even if they may not send any more (D3).
   */
  send([, conversationId, senderId, messageId, content, clientId, at]: SendCommand): Outcome<'send'> {
    const state = this.#states.get(conversationId);
    if (state === undefined) return 'not_member';
    const refusal = this.#refusal(state, conversationId, senderId);
    if (refusal !== null) return this.#repeated(state, conversationId, senderId, clientId, content) ?? refusal;
    const createdAt = this.#entries.timeOf(state, at);
    if (clientId !== null) {
      const hash = contentHash(content);
      const { changes } = this.#remember.run(conversationId, senderId, clientId, state.lastSeq + 1, hash, createdAt);
      if (changes === 0) {
        this.#uncount.run(conversationId, senderId);
        return this.#repeated(state, conversationId, senderId, clientId, content) ?? new Error('a send without its entry');
      }
    }
    return [...this.#entries.addMessage(state, conversationId, senderId, messageId, content, clientId, createdAt), null];
  }

  /** Forgets at most `limit` sends from before a time. Rows lie in the order of time, so only the oldest are looked at. */
  purge([, before, limit]: PurgeCommand): Outcome<'purge'> {
    return this.#purge.run(before, limit).changes;
  }

  #refusal(state: ConversationState, conversationId: string, senderId: string): 'group_closed' | 'blocked' | 'not_member' | null {
    if (state.closed !== 0) return 'group_closed';
    if (state.blocked !== 0) return 'blocked';
    return this.#count.run(conversationId, senderId).changes === 0 ? 'not_member' : null;
  }

  #repeated(
    state: ConversationState,
    conversationId: string,
    senderId: string,
    clientId: string | null,
    content: string,
  ): Outcome<'send'> | null {
    if (clientId === null) return null;
    const first = this.#first.get(conversationId, senderId, clientId) as First | undefined;
    if (first === undefined) return null;
    const [seq, ordinal, createdAt, messageId, hash] = first;
    if (hash !== contentHash(content)) return 'client_id_reused';
    return [seq, ordinal, createdAt, state.membersVersion, messageId];
  }
}
