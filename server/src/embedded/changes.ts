import type { ChangeCommand, EntryDraft, GroupCommand, Outcome, Settings } from './commands.js';
import type { ConversationState, ConversationStates } from './conversation-states.js';
import type { EntriesTable } from './entries-table.js';
import type { Members } from './members.js';
import { prepare, type Sqlite, type Statement } from './sqlite.js';

/** Everything that is appended beside messages: groups, their members and settings, edits and deletions. */
export class Changes {
  readonly #states: ConversationStates;
  readonly #entries: EntriesTable;
  readonly #members: Members;
  readonly #create: Statement;
  readonly #set: Statement;

  constructor(db: Sqlite, states: ConversationStates, entries: EntriesTable, members: Members) {
    this.#states = states;
    this.#entries = entries;
    this.#members = members;
    this.#create = prepare(
      db,
      `INSERT INTO conversations (id, kind, last_seq, last_ordinal, last_message_seq, last_at, moved_at, created_at,
         members_version, member_count, name, access, visibility, closed, blocked)
       VALUES (?1, 'group', 0, 0, 0, ?2, ?2, ?2, 1, 0, ?3, ?4, ?5, 0, 0)`,
    );
    this.#set = prepare(
      db,
      `UPDATE conversations SET name = ifnull(?, name), access = ifnull(?, access), visibility = ifnull(?, visibility)
       WHERE id = ?`,
    );
  }

  /** All or nothing, and only on the members that the caller saw (R6). Everything is checked before anything is written. */
  change([, conversationId, actorId, membersVersion, entries, members, set, revise, at]: ChangeCommand): Outcome<'change'> {
    const state = this.#states.get(conversationId);
    if (state === undefined) return 'not_found';
    if (state.membersVersion !== membersVersion) return 'stale';
    const refusal = revise === null ? null : this.#entries.refusalToRevise(conversationId, revise);
    if (refusal !== null) return refusal;

    const firstSeq = state.lastSeq + 1;
    const createdAt = this.#entries.timeOf(state, at);
    this.#append(state, conversationId, actorId, entries, createdAt);
    if (revise !== null) this.#entries.revise(conversationId, revise, createdAt);
    this.#members.apply(state, conversationId, members, firstSeq, createdAt);
    if (set !== null) this.#apply(state, conversationId, set);
    if (members.length > 0 || decidesAccess(set)) state.membersVersion += 1;
    this.#states.changed(state);
    return [firstSeq, state.lastOrdinal, createdAt, state.membersVersion];
  }

  /** A group with its first entries and members, in one go. */
  createGroup([, id, ownerId, name, access, visibility, entries, members, at]: GroupCommand): Outcome<'group'> {
    this.#create.run(id, at, name, access, visibility);
    const state = this.#states.get(id);
    if (state === undefined) throw new Error(`group ${id} is not there after its insert`);
    this.#append(state, id, ownerId, entries, at);
    this.#members.apply(state, id, members, 1, at);
    this.#states.changed(state);
    return [1, 0, at, state.membersVersion];
  }

  #append(state: ConversationState, conversationId: string, actorId: string, entries: EntryDraft[], createdAt: number): void {
    for (const [messageId, kind, content, detailJson] of entries) {
      this.#entries.addEvent(state, conversationId, actorId, messageId, kind, content, detailJson, createdAt);
    }
  }

  #apply(state: ConversationState, conversationId: string, { name, access, visibility, closed }: Settings): void {
    if (closed !== undefined) state.closed = Number(closed);
    this.#set.run(name ?? null, access ?? null, visibility ?? null, conversationId);
  }
}

/**
 * Settings that others decide by raise the version like members do: a join that was checked while the group was open
 * must not slip in after it became invite-only. A new name, an edit or a deletion decide nothing.
 */
function decidesAccess(set: Settings | null): boolean {
  return set !== null && (set.access !== undefined || set.visibility !== undefined || set.closed !== undefined);
}
