import type { PoolClient } from 'pg';
import type { Moved, MovedStore } from '../../ports/moved.js';
import type { Entry } from '../../ports/log.js';
import { entryColumns, entryOf, type EntryRow } from '../../sql/rows.js';
import type { Archive } from '../archive.js';
import type { Archiver, OwnJournal } from './archiver.js';
import { behindIn } from './behind.sql.js';
import type { Asking, Statement } from './connections.js';
import { bootLock } from './lane-connection.js';

const LATELY_MS = 10_000;
const LEFTOVERS_STEP = 500;

const OWN: Statement = {
  name: 'journal_own',
  text: `SELECT n, ${entryColumns('journal')} FROM journal WHERE boot_id = $1 AND n BETWEEN $2 AND $3 ORDER BY n LIMIT $4`,
};
const SET_MARK: Statement = {
  name: 'set_mark',
  text: `INSERT INTO archive_marks AS m (boot_id, upto, updated_at) VALUES ($1, $2, clock_ms())
    ON CONFLICT (boot_id) DO UPDATE SET upto = excluded.upto, updated_at = excluded.updated_at WHERE m.upto < excluded.upto`,
};
/** Moved conversations first, from the newest end of the journal; then those of them that any of the users is concerned with. */
const MOVED_SINCE: Statement = {
  name: 'moved_since',
  text: `WITH asked AS MATERIALIZED (
      SELECT clock_ms() AS now_ms
    ), moved AS MATERIALIZED (
      SELECT conversation_id, min(seq) AS low, max(seq) AS high, min(created_at) AS first_at FROM journal
      WHERE created_at >= coalesce($2, (SELECT now_ms FROM asked) - ${LATELY_MS}) AND boot_id <> $3
      GROUP BY conversation_id
    )
    SELECT asked.now_ms, found.* FROM asked LEFT JOIN LATERAL (
      SELECT conversation_id, low, high, first_at FROM moved
      WHERE EXISTS (
        SELECT FROM memberships m WHERE m.conversation_id = moved.conversation_id AND m.user_id = ANY ($1::text[])
          AND (m.left_seq IS NULL OR m.left_seq >= moved.low)
      )
      ORDER BY conversation_id LIMIT $4
    ) found ON true`,
};
const BOOTS_BEHIND: Statement = { name: 'boots_behind', text: behindIn('journal') };
const MARK = 'SELECT upto FROM archive_marks WHERE boot_id = $1';

type MovedRow = [now: number, conversationId: string | null, from: number, to: number, firstAt: number];
type NumberedRow = [n: number, ...entry: EntryRow];

/** How far the archive is behind: entries of this server, at most, and for how long the oldest of them waits. */
export interface JournalLag {
  entries: number;
  ageMs: number;
}

/** What the journal says of what servers appended, and its way into the archive. */
export class Journal implements MovedStore, OwnJournal {
  readonly #bootId: string;
  readonly #connections: Asking;
  readonly #archive: Archive;

  constructor(parts: { bootId: string; connections: Asking; archive: Archive }) {
    this.#bootId = parts.bootId;
    this.#connections = parts.connections;
    this.#archive = parts.archive;
  }

  async movedSince({ userIds, since, limit }: Parameters<MovedStore['movedSince']>[0]): Promise<{ now: number; moved: Moved[] }> {
    const rows = await this.#connections.rows<MovedRow>(MOVED_SINCE, [userIds, since, this.#bootId, limit]);
    const moved = rows.flatMap(([, conversationId, from, to, firstAt]) =>
      conversationId === null ? [] : [{ conversationId, from, to, firstAt }],
    );
    return { now: rows[0]?.[0] ?? 0, moved };
  }

  own(from: number, to: number, limit: number): Promise<{ n: number; entry: Entry }[]> {
    return this.#of(this.#bootId, from, to, limit);
  }

  setMark(upto: number): Promise<void> {
    return this.#setMark(this.#bootId, upto);
  }

  /** Servers, dead or alive, of which something is not archived yet. */
  async bootsBehind(): Promise<string[]> {
    return (await this.#connections.rows<[string]>(BOOTS_BEHIND, [])).map(([bootId]) => bootId);
  }

  /**
   * Archives what a dead server left in the journal; gives how many entries, or null if it is not dead: its sessions are
   * there, and what they have under way could come below the mark. Any number of servers may try at once.
   */
  archiveLeftovers(bootId: string): Promise<number | null> {
    return this.#connections.locked(bootLock(bootId), (client) => this.#archiveAll(client, bootId));
  }

  lagOf(archiver: Archiver, now: number): JournalLag {
    const { entries, oldestAt } = archiver.lag;
    return { entries, ageMs: oldestAt === null ? 0 : Math.max(0, now - oldestAt) };
  }

  async #archiveAll(client: PoolClient, bootId: string): Promise<number> {
    const { rows } = await client.query<{ upto: number }>(MARK, [bootId]);
    let mark = rows[0]?.upto ?? 0;
    for (let count = 0; ;) {
      const found = await this.#of(bootId, mark + 1, Number.MAX_SAFE_INTEGER, LEFTOVERS_STEP);
      if (found.length === 0) return count;
      await this.#archive.write(found.map(({ entry }) => entry));
      mark = found.at(-1)?.n ?? mark;
      count += found.length;
      await this.#setMark(bootId, mark);
    }
  }

  async #of(bootId: string, from: number, to: number, limit: number): Promise<{ n: number; entry: Entry }[]> {
    const rows = await this.#connections.rows<NumberedRow>(OWN, [bootId, from, to, limit]);
    return rows.map(([n, ...entry]) => ({ n, entry: entryOf(entry) }));
  }

  async #setMark(bootId: string, upto: number): Promise<void> {
    await this.#connections.rows(SET_MARK, [bootId, upto]);
  }
}
