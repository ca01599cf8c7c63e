import type { ConversationStore } from '../../ports/conversations.js';
import type { Appended, Change, Entry } from '../../ports/log.js';
import { changedOf, type Placed } from '../../sql/appended.js';
import { firstEntries, firstMembers } from '../../sql/new-group.js';
import { Call, type Lookups, type Outcome } from './call.js';

type Draft = Change['entries'][number];

/** Entries that are not messages, on their way. */
abstract class EntriesCall extends Call<Appended> {
  readonly #actorId: string;
  readonly #entries: Draft[];

  constructor(conversationId: string, actorId: string, entries: Draft[], acceptedAt: number) {
    const chars = entries.reduce((sum, { content, detail }) => sum + (content?.length ?? 0) + jsonOf(detail).length, 0);
    super(conversationId, { chars, entryCount: entries.length }, acceptedAt);
    this.#actorId = actorId;
    this.#entries = entries;
  }

  row(_index: number): object {
    return {
      n: this.n,
      c: this.conversationId,
      a: this.#actorId,
      e: this.#entries.map(({ messageId, kind, content, detail }) => ({
        m: messageId,
        k: kind,
        t: content ?? '',
        d: detail === undefined ? null : jsonOf(detail),
        g: detail?.target?.seq ?? null,
      })),
    };
  }

  entriesOf(outcome: Outcome): Entry[] {
    return Array.isArray(outcome) && outcome[0] === 'appended' ? this.resultOf(outcome).entries : [];
  }

  protected resultOf(outcome: readonly unknown[] | null): Appended {
    const [, ...placed] = outcome as ['appended', ...Placed];
    return changedOf({ conversationId: this.conversationId, actorId: this.#actorId, entries: this.#entries }, placed);
  }
}

/** A change of a group or its members, an edit or a deletion, on its way. */
export class ChangeCall extends EntriesCall {
  readonly #change: Change;
  /** The target of an edit or deletion, if it is in the archive only. */
  #archived: object | null = null;

  constructor(change: Change, acceptedAt: number) {
    super(change.conversationId, change.actorId, change.entries, acceptedAt);
    this.#change = change;
  }

  override row(index: number): object {
    const { membersVersion, members, set, revise } = this.#change;
    return {
      ...super.row(index),
      v: membersVersion,
      p: (members ?? []).map(({ userId, role, entry }) => [userId, role, entry]),
      ...(set !== undefined && { s: { ...set, ...(set.closed !== undefined && { closed: Number(set.closed) }) } }),
      ...(revise !== undefined && { r: { seq: revise.seq, id: revise.messageId, content: revise.content } }),
      ...(this.#archived !== null && { f: this.#archived }),
    };
  }

  override async look(lookups: Lookups): Promise<void> {
    const { conversationId, revise } = this.#change;
    if (revise === undefined) throw new Error('only an edit or deletion has a target');
    this.#archived = await lookups.target(conversationId, revise.seq);
  }
}

/** A new group, on its way. */
export class GroupCall extends EntriesCall {
  readonly #group: Parameters<ConversationStore['createGroup']>[0];

  constructor(group: Parameters<ConversationStore['createGroup']>[0], acceptedAt: number) {
    super(group.id, group.ownerId, firstEntries(group), acceptedAt);
    this.#group = group;
  }

  override row(index: number): object {
    const { name, access, visibility } = this.#group;
    return {
      ...super.row(index),
      p: firstMembers(this.#group),
      group: { name, access, visibility },
    };
  }
}

const jsonOf = (detail: Draft['detail']) => (detail === undefined ? '' : JSON.stringify(detail));
