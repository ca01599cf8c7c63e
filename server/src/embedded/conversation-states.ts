import { prepare, type Sqlite, type Statement } from './sqlite.js';

/** What a command has to know of a conversation, and may change. */
export interface ConversationState {
  readonly rowid: number;
  readonly kind: 'direct' | 'group';
  lastSeq: number;
  lastOrdinal: number;
  lastMessageSeq: number;
  lastAt: number;
  movedAt: number;
  membersVersion: number;
  memberCount: number;
  closed: number;
  blocked: number;
  changed: boolean;
}

type Row = [number, 'direct' | 'group', number, number, number, number, number, number, number, number, number];

/**
 * Conversations as they are, kept from batch to batch: this thread is the only one that writes them. A batch changes
 * them here, and writes each back once at its end; a rollback forgets them all.
 */
export class ConversationStates {
  readonly #maxKept: number;
  readonly #select: Statement;
  readonly #update: Statement;
  readonly #kept = new Map<string, ConversationState>();
  #changed: ConversationState[] = [];

  constructor(db: Sqlite, maxKept: number) {
    this.#maxKept = maxKept;
    this.#select = prepare(
      db,
      `SELECT rowid, kind, last_seq, last_ordinal, last_message_seq, last_at, moved_at, members_version, member_count, closed, blocked
       FROM conversations WHERE id = ?`,
    );
    this.#update = prepare(
      db,
      `UPDATE conversations SET last_seq = ?, last_ordinal = ?, last_message_seq = ?, last_at = ?, moved_at = ?,
       members_version = ?, member_count = ?, closed = ?, blocked = ? WHERE rowid = ?`,
    );
  }

  get(id: string): ConversationState | undefined {
    const kept = this.#kept.get(id);
    if (kept !== undefined) this.#kept.delete(id);
    const state = kept ?? this.#load(id);
    if (state !== undefined) this.#kept.set(id, state);
    return state;
  }

  /** To be called by whoever changes a state. */
  changed(state: ConversationState): void {
    if (state.changed) return;
    state.changed = true;
    this.#changed.push(state);
  }

  writeBack(): void {
    for (const state of this.#changed) {
      this.#update.run(
        state.lastSeq,
        state.lastOrdinal,
        state.lastMessageSeq,
        state.lastAt,
        state.movedAt,
        state.membersVersion,
        state.memberCount,
        state.closed,
        state.blocked,
        state.rowid,
      );
      state.changed = false;
    }
    this.#changed = [];
  }

  /** Only between batches: a changed state that is dropped would be read again as it was. */
  trim(): void {
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxKept) return;
      this.#kept.delete(id);
    }
  }

  forget(): void {
    this.#kept.clear();
    this.#changed = [];
  }

  #load(id: string): ConversationState | undefined {
    const row = this.#select.get(id) as Row | undefined;
    if (row === undefined) return undefined;
    const [rowid, kind, lastSeq, lastOrdinal, lastMessageSeq, lastAt, movedAt, membersVersion, memberCount, closed, blocked] =
      row;
    return {
      rowid,
      kind,
      lastSeq,
      lastOrdinal,
      lastMessageSeq,
      lastAt,
      movedAt,
      membersVersion,
      memberCount,
      closed,
      blocked,
      changed: false,
    };
  }
}
