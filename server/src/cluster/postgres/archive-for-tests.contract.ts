import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import type { Entry } from '../../ports/log.js';
import type { Archive, ArchiveRange } from '../archive.js';

const TABLE = `CREATE TABLE IF NOT EXISTS archive_for_tests (
  conversation_id text, seq bigint, entry jsonb, content text, content_at bigint, edited_at bigint, deleted_at bigint,
  PRIMARY KEY (conversation_id, seq)
)`;
const WRITE = `INSERT INTO archive_for_tests AS a (conversation_id, seq, entry, content, content_at, edited_at, deleted_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (conversation_id, seq) DO UPDATE SET entry = coalesce(excluded.entry, a.entry),
    content = CASE WHEN excluded.content_at >= a.content_at THEN excluded.content ELSE a.content END,
    content_at = greatest(excluded.content_at, a.content_at),
    edited_at = greatest(excluded.edited_at, a.edited_at), deleted_at = greatest(excluded.deleted_at, a.deleted_at)`;

/**
 * An archive as Cassandra keeps it, in a table: each value has the time of the entry that wrote it, and the latest wins,
 * in whatever order they come. It refuses everything while it is `down`.
 */
export class ArchiveForTests implements Archive {
  isDown = false;
  /** What it reads is told that much later. */
  readDelayMs = 0;
  /** How often it was asked to read. */
  reads = 0;
  readonly #pool: Pool;
  #made: Promise<unknown> | undefined;

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 2 });
    this.#pool.on('error', () => {});
  }

  async write(entries: readonly Entry[]): Promise<void> {
    await this.#ready();
    for (const entry of entries) {
      const { conversationId, seq, kind, content, createdAt, detail, editedAt, deletedAt } = entry;
      const target = detail?.target;
      if (target !== undefined) {
        const isDeletion = kind === 'delete';
        const values = [isDeletion ? '' : content, createdAt, isDeletion ? null : createdAt, isDeletion ? createdAt : null];
        await this.#pool.query(WRITE, [conversationId, target.seq, null, ...values]);
      }
      // Last: who finds the entry here finds also what it did.
      await this.#pool.query(WRITE, [conversationId, seq, JSON.stringify(entry), content, createdAt, editedAt, deletedAt]);
    }
  }

  async read({ conversationId, from, to, limit, newestFirst }: ArchiveRange & { limit: number; newestFirst: boolean }) {
    await this.#ready();
    this.reads += 1;
    const { rows } = await this.#pool.query<{
      entry: Entry;
      content: string;
      edited_at: string | null;
      deleted_at: string | null;
    }>(
      `SELECT entry, content, edited_at, deleted_at FROM archive_for_tests
       WHERE conversation_id = $1 AND seq BETWEEN $2 AND $3 AND entry IS NOT NULL
       ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'} LIMIT $4`,
      [conversationId, from, to, limit],
    );
    await sleep(this.readDelayMs);
    return rows.map(({ entry, content, edited_at, deleted_at }) => ({
      ...entry,
      content: deleted_at === null ? content : '',
      editedAt: edited_at === null ? null : Number(edited_at),
      deletedAt: deleted_at === null ? null : Number(deleted_at),
    }));
  }

  async check(): Promise<void> {
    await this.#ready();
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #ready(): Promise<void> {
    if (this.isDown) throw new Error('the archive is down');
    await (this.#made ??= this.#pool.query(TABLE));
  }
}
