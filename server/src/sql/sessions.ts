import type { Kysely, Selectable } from 'kysely';
import type { SessionRow, SessionStore } from '../ports/accounts.js';
import type { Database, SessionsTable } from './schema.js';

/** Sessions in whatever database Kysely is on. */
export class SqlSessions implements SessionStore {
  readonly #db: Kysely<Database>;
  readonly #now: () => number;

  constructor(db: Kysely<Database>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async create(session: SessionRow): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({
        id: session.id,
        user_id: session.userId,
        created_at: session.createdAt,
        last_used_at: session.lastUsedAt,
        expires_at: session.expiresAt,
        user_agent: session.userAgent,
        address: session.address,
      })
      .execute();
  }

  async get(id: string): Promise<SessionRow | null> {
    const row = await this.#db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', id)
      .where('expires_at', '>', this.#now())
      .executeTakeFirst();
    return row === undefined ? null : sessionOf(row);
  }

  async endedAmong(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('sessions')
      .select('id')
      .where('id', 'in', ids)
      .where('expires_at', '>', this.#now())
      .execute();
    const held = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !held.has(id));
  }

  async list(userId: string, now: number): Promise<SessionRow[]> {
    const rows = await this.#db
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .orderBy('last_used_at', 'desc')
      .orderBy('id')
      .execute();
    return rows.map(sessionOf);
  }

  async end(userId: string, id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom('sessions').where('id', '=', id).where('user_id', '=', userId).executeTakeFirst();
    return result.numDeletedRows === 1n;
  }

  async endOthers(userId: string, keep: string | null): Promise<string[]> {
    const rows = await this.#db
      .deleteFrom('sessions')
      .where('user_id', '=', userId)
      .$if(keep !== null, (query) => query.where('id', '!=', keep))
      .returning('id')
      .execute();
    return rows.map((row) => row.id);
  }

  async touch(id: string, at: number): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ last_used_at: at })
      .where('id', '=', id)
      .where('last_used_at', '<', at)
      .execute();
  }

  async purge(now: number, limit: number): Promise<number> {
    const result = await this.#db
      .deleteFrom('sessions')
      .where('id', 'in', (query) =>
        query.selectFrom('sessions').select('id').where('expires_at', '<', now).orderBy('expires_at').limit(limit),
      )
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}

const sessionOf = (row: Selectable<SessionsTable>): SessionRow => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
  userAgent: row.user_agent,
  address: row.address,
});
