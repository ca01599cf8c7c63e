import type { PoolClient } from 'pg';
import type { Logger } from '../../ports/logger.js';
import { behindIn } from './behind.sql.js';
import type { Connections, Statement } from './connections.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long a client id is remembered (D3). */
const SENDS_KEPT_MS = 7 * DAY_MS;
const MARKS_KEPT_MS = 7 * DAY_MS;
const DROPPING = 'parley dropping partitions';

const MAKE: Statement = { name: 'make_partitions', text: 'SELECT make_partitions(clock_ms())' };
const NOW = 'SELECT clock_ms() AS now';
/** Those that are detached already were left so by a server that died before it dropped them. */
const LIST = `SELECT t.relname AS name, i.inhparent IS NOT NULL AS attached, coalesce(i.inhdetachpending, false) AS leaving
  FROM pg_class t LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
  WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND t.relname ~ $1
  ORDER BY t.relname`;
const OLD_MARKS = `DELETE FROM archive_marks m WHERE updated_at < clock_ms() - ${MARKS_KEPT_MS}
  AND NOT EXISTS (SELECT FROM journal j WHERE j.boot_id = m.boot_id)`;
interface Part {
  name: string;
  attached: boolean;
  /** Its detaching was begun and not finished. */
  leaving: boolean;
}

/** The tables that the journal and the client ids are cut into by time: made ahead, and dropped when they are old. */
export class Partitions {
  readonly #connections: Connections;
  readonly #journalKeptMs: number;
  readonly #logger: Logger;

  constructor(parts: { connections: Connections; journalKeptMs: number; logger: Logger }) {
    this.#connections = parts.connections;
    this.#journalKeptMs = parts.journalKeptMs;
    this.#logger = parts.logger;
  }

  /** Makes those of now, of two hours and of a day to come. A send that finds none has them made, and waits for that. */
  async make(): Promise<void> {
    await this.#connections.rows(MAKE, []);
  }

  /**
   * Drops parts of the journal that are old enough and archived, oldest first, up to the first that is not; and client
   * ids older than promised. Gives the names of what was dropped. One server at a time does it; the others find it done.
   */
  async drop(): Promise<string[]> {
    return (await this.#connections.locked(DROPPING, (client) => this.#dropOld(client))) ?? [];
  }

  async #dropOld(client: PoolClient): Promise<string[]> {
    const { rows } = await client.query<{ now: number }>(NOW);
    const now = rows[0]?.now ?? 0;
    const dropped = [...(await this.#dropJournal(client, now)), ...(await this.#dropSends(client, now))];
    await client.query(OLD_MARKS);
    if (dropped.length > 0) this.#logger.info({ dropped }, 'dropped old partitions');
    return dropped;
  }

  async #dropJournal(client: PoolClient, now: number): Promise<string[]> {
    const dropped: string[] = [];
    for (const part of await this.#list(client, '^journal_\\d{4}_\\d\\d_\\d\\d_\\d\\d$')) {
      const startsAt = startOf(part.name);
      if (startsAt + HOUR_MS > now - this.#journalKeptMs) break;
      const isInPlace = part.attached && !part.leaving;
      if (isInPlace && !(await isArchived(client, part.name))) break;
      await detach(client, 'journal', part);
      // Asked when nothing can come to it any more: had the clock been set back, something might have.
      if (!(await isArchived(client, part.name))) {
        await client.query(
          `ALTER TABLE journal ATTACH PARTITION ${part.name} FOR VALUES FROM (${startsAt}) TO (${startsAt + HOUR_MS})`,
        );
        break;
      }
      await client.query(`DROP TABLE ${part.name}`);
      dropped.push(part.name);
    }
    return dropped;
  }

  async #dropSends(client: PoolClient, now: number): Promise<string[]> {
    const dropped: string[] = [];
    for (const part of await this.#list(client, '^sends_\\d{4}_\\d\\d_\\d\\d$')) {
      if (startOf(part.name) + DAY_MS > now - SENDS_KEPT_MS) break;
      await detach(client, 'sends', part);
      await client.query(`DROP TABLE ${part.name}`);
      dropped.push(part.name);
    }
    return dropped;
  }

  async #list(client: PoolClient, pattern: string): Promise<Part[]> {
    return (await client.query<Part>(LIST, [pattern])).rows;
  }
}

/** Reads and writes of the parent go on meanwhile; a plain DROP would stop them all. */
async function detach(client: PoolClient, parent: string, { name, attached, leaving }: Part): Promise<void> {
  if (leaving) await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${name} FINALIZE`);
  else if (attached) await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${name} CONCURRENTLY`);
}

/** Whether a mark covers every entry. */
async function isArchived(client: PoolClient, part: string): Promise<boolean> {
  return (await client.query(behindIn(part))).rows.length === 0;
}

/** From the name, which says the hour or the day in UTC. */
function startOf(name: string): number {
  const [year = 0, month = 1, day = 1, hour = 0] = name.split('_').slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour);
}
