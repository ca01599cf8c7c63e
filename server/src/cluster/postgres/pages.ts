import { AppendRefused, type Entry, type Page, type PageQuery } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import { entryBytes, fitting } from '../../sql/fitting.js';
import { entryColumns, entryOf, type EntryRow } from '../../sql/rows.js';
import type { Archive } from '../archive.js';
import type { Lookups } from './call.js';
import type { Asking, Statement } from './connections.js';

const COUNT_STEP = 500;

/* Seqs are dense, so the seqs of a page are known before its entries: as many as asked for, from one end of the range. */
const NEWEST: Statement = {
  name: 'page_newest',
  text: `SELECT c.last_seq, ${entryColumns('j')} FROM conversations c LEFT JOIN LATERAL (
      SELECT * FROM journal WHERE conversation_id = c.id
        AND seq >= $2 AND seq <= least($3, c.last_seq) AND seq > least($3, c.last_seq) - $4
    ) j ON true WHERE c.id = $1`,
};
const OLDEST: Statement = {
  name: 'page_oldest',
  text: `SELECT c.last_seq, ${entryColumns('j')} FROM conversations c LEFT JOIN LATERAL (
      SELECT * FROM journal WHERE conversation_id = c.id AND seq >= $2 AND seq <= $3 AND seq < $2 + $4
    ) j ON true WHERE c.id = $1`,
};
const REVISIONS: Statement = {
  name: 'revisions',
  text: `SELECT ${entryColumns('j')} FROM journal j WHERE conversation_id = $1 AND target_seq BETWEEN $2 AND $3 ORDER BY seq`,
};

type JournalRow = [lastSeq: number, ...entry: EntryRow];

/** A range of seqs, both included; empty if `to` is below `from`. */
interface Range {
  from: number;
  to: number;
}

/**
 * The log as it is read: what the journal has, and from the archive what it has not any more. The journal is read first:
 * what is dropped from it between the two reads was in the archive long before.
 */
export class Pages implements Lookups {
  readonly #connections: Asking;
  readonly #archive: Archive;
  readonly #logger: Logger;

  constructor(connections: Asking, archive: Archive, logger: Logger) {
    this.#connections = connections;
    this.#archive = archive;
    this.#logger = logger;
  }

  async page({ conversationId, from, to, before, after, limit, maxBytes }: PageQuery): Promise<Page> {
    const lowest = Math.max(from, 1, (after ?? 0) + 1);
    const highest = Math.min(to, (before ?? Infinity) - 1, Number.MAX_SAFE_INTEGER);
    const upwards = after !== undefined;
    const { wanted, readable, entries: found } = await this.#read(conversationId, { from: lowest, to: highest }, limit, upwards);
    const entries = fitting(upwards ? found : found.reverse(), { limit, maxBytes }, entryBytes);
    const hasMore = entries.length < readable;
    if (!upwards) entries.reverse();
    if (entries.length === 0 && wanted.to >= wanted.from) throw new AppendRefused('overloaded');
    return { entries, coversFrom: entries[0]?.seq ?? lowest, coversTo: entries.at(-1)?.seq ?? lowest - 1, hasMore };
  }

  async entry(conversationId: string, seq: number): Promise<Entry | null> {
    const { wanted, entries } = await this.#read(conversationId, { from: Math.max(seq, 1), to: seq }, 1, true);
    if (entries.length === 0 && wanted.to >= wanted.from) throw new AppendRefused('overloaded');
    return entries[0] ?? null;
  }

  async target(conversationId: string, seq: number): Promise<{ id: string; kind: string; deleted: boolean }> {
    const entry = await this.entry(conversationId, seq);
    if (entry === null) throw new AppendRefused('overloaded');
    return { id: entry.messageId, kind: entry.kind, deleted: entry.deletedAt !== null };
  }

  async messagesBetween(conversationId: string, low: number, high: number, userId: string) {
    let messages = 0;
    let own = 0;
    for (let from = low + 1; from <= high;) {
      const to = Math.min(high, from + COUNT_STEP - 1);
      const { entries } = await this.#read(conversationId, { from, to }, COUNT_STEP, true);
      if (entries.length === 0) throw new AppendRefused('overloaded');
      const counted = entries.filter((entry) => entry.kind === 'message');
      messages += counted.length;
      own += counted.filter((entry) => entry.senderId === userId).length;
      from += entries.length;
    }
    return { messages, own };
  }

  /**
   * At most `limit` entries of the range, oldest first, without a hole: where one cannot be filled, what lies beyond it
   * is left out. `wanted`: the seqs there should be; `readable`: how many the whole range has.
   */
  async #read(conversationId: string, range: Range, limit: number, upwards: boolean) {
    const bySeq = new Map<number, Entry>();
    let wanted = await this.#fromJournal(conversationId, range, limit, upwards, bySeq);
    let missing = holeIn(wanted, bySeq);
    if (missing !== null) await this.#fromArchive(conversationId, missing, bySeq);
    missing = holeIn(wanted, bySeq);
    if (missing !== null) {
      // A race, for both reads were right when they were made. The second time both know more.
      wanted = await this.#fromJournal(conversationId, range, limit, upwards, bySeq);
      missing = holeIn(wanted, bySeq);
      if (missing !== null) await this.#fromArchive(conversationId, missing, bySeq);
      missing = holeIn(wanted, bySeq);
      if (missing !== null)
        this.#logger.error({ conversationId, ...missing }, 'entries are neither in the journal nor in the archive');
    }
    const whole = missing === null ? wanted : beforeHole(wanted, bySeq, upwards);
    const entries: Entry[] = [];
    for (let seq = whole.from; seq <= whole.to; seq++) {
      const entry = bySeq.get(seq);
      if (entry !== undefined) entries.push(entry);
    }
    return { wanted, readable: Math.max(0, wanted.ofAll), entries };
  }

  /** Adds what the journal has; gives which seqs the page should have. */
  async #fromJournal(conversationId: string, { from, to }: Range, limit: number, upwards: boolean, bySeq: Map<number, Entry>) {
    const rows = await this.#connections.rows<JournalRow>(upwards ? OLDEST : NEWEST, [conversationId, from, to, limit]);
    const highest = Math.min(to, rows[0]?.[0] ?? 0);
    for (const row of rows) {
      const [, ...entry] = row;
      // A left join without a match: every column is null.
      if ((entry[1] as number | null) !== null) bySeq.set(entry[1], entryOf(entry));
    }
    const ofAll = highest - from + 1;
    if (upwards) return { from, to: Math.min(highest, from + limit - 1), ofAll };
    return { from: Math.max(from, highest - limit + 1), to: highest, ofAll };
  }

  /** Adds what the archive has and the journal had not, as edits and deletions that the archive may not know yet leave it. */
  async #fromArchive(conversationId: string, { from, to }: Range, bySeq: Map<number, Entry>): Promise<void> {
    const asked = { conversationId, from, to, limit: to - from + 1, newestFirst: false };
    const [archived, rows] = await Promise.all([
      this.#archived(asked),
      this.#connections.rows<EntryRow>(REVISIONS, [conversationId, from, to]),
    ]);
    const fresh = new Map(archived.filter(({ seq }) => !bySeq.has(seq)).map((entry) => [entry.seq, entry]));
    for (const revision of rows.map(entryOf)) {
      const target = fresh.get(revision.detail?.target?.seq ?? 0);
      if (target !== undefined) fresh.set(target.seq, revised(target, revision));
    }
    await this.#hideEditsOfDeleted(conversationId, fresh, bySeq);
    for (const entry of fresh.values()) bySeq.set(entry.seq, entry);
  }

  /** What an edit said is gone once its target is deleted; the archive keeps the edit's own row as it was. */
  async #hideEditsOfDeleted(conversationId: string, fresh: Map<number, Entry>, bySeq: Map<number, Entry>): Promise<void> {
    const edits = [...fresh.values()].filter((entry) => entry.kind === 'edit' && entry.content !== '');
    const targets = new Set(edits.map((edit) => edit.detail?.target?.seq ?? 0));
    const deleted = new Set<number>();
    await Promise.all(
      [...targets].map(async (seq) => {
        const target = fresh.get(seq) ?? bySeq.get(seq) ?? (await this.entry(conversationId, seq));
        if (target !== null && target.deletedAt !== null) deleted.add(seq);
      }),
    );
    for (const edit of edits) if (deleted.has(edit.detail?.target?.seq ?? 0)) fresh.set(edit.seq, { ...edit, content: '' });
  }

  async #archived(asked: Parameters<Archive['read']>[0]): Promise<Entry[]> {
    try {
      return await this.#archive.read(asked);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the archive does not answer');
      throw new AppendRefused('overloaded');
    }
  }
}

/** From the first to the last seq that is missing. */
function holeIn({ from, to }: Range, bySeq: Map<number, Entry>): Range | null {
  let [low, high] = [from, to];
  while (low <= high && bySeq.has(low)) low += 1;
  while (high >= low && bySeq.has(high)) high -= 1;
  return low > high ? null : { from: low, to: high };
}

function beforeHole({ from, to }: Range, bySeq: Map<number, Entry>, upwards: boolean): Range {
  let [low, high] = [from, to];
  if (upwards) for (high = from - 1; bySeq.has(high + 1);) high += 1;
  else for (low = to + 1; bySeq.has(low - 1);) low -= 1;
  return { from: Math.max(low, from), to: Math.min(high, to) };
}

/** The target as an edit or deletion leaves it, unless the archive knows that one, or a later one, already. */
function revised(target: Entry, { kind, content, createdAt }: Entry): Entry {
  if (target.deletedAt !== null) return target;
  if (kind === 'delete') return { ...target, content: '', deletedAt: createdAt };
  return createdAt > (target.editedAt ?? 0) ? { ...target, content, editedAt: createdAt } : target;
}
