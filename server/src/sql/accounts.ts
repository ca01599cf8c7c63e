import { sql, type Kysely, type Selectable, type UpdateObject } from 'kysely';
import type { Colour } from '@parley/protocol';
import type { Account, AccountStore, ProfileChange } from '../ports/accounts.js';
import type { AccountsTable, Database } from './schema.js';

/** Fewer than the parameters that any of the databases takes in one statement. */
const VALUES_PER_STATEMENT = 500;
/** Sorts after every character that a username may have. */
const AFTER_ALL = '\uffff';

/** Accounts in whatever database Kysely is on. */
export class SqlAccounts implements AccountStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async create(account: Account): Promise<boolean> {
    const result = await this.#db
      .insertInto('accounts')
      .values({
        id: account.id,
        username: account.username,
        username_key: keyOf(account.username),
        display_name: account.displayName,
        colour: account.colour,
        password_hash: account.passwordHash,
        admin: Number(account.admin),
        invisible: Number(account.invisible),
        last_seen: account.lastSeen,
        closed_at: account.closedAt,
        suspended_at: account.suspendedAt,
        created_at: account.createdAt,
      })
      .onConflict((conflict) => conflict.column('username_key').doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  async byUsername(username: string): Promise<Account | null> {
    const row = await this.#db.selectFrom('accounts').selectAll().where('username_key', '=', keyOf(username)).executeTakeFirst();
    return row === undefined ? null : accountOf(row);
  }

  byUsernames(usernames: string[]): Promise<Account[]> {
    return this.#among('username_key', usernames.map(keyOf));
  }

  byIds(ids: string[]): Promise<Account[]> {
    return this.#among('id', ids);
  }

  async #among(column: 'id' | 'username_key', values: string[]): Promise<Account[]> {
    const found: Account[] = [];
    for (let start = 0; start < values.length; start += VALUES_PER_STATEMENT) {
      const some = values.slice(start, start + VALUES_PER_STATEMENT);
      const rows = await this.#db.selectFrom('accounts').selectAll().where(column, 'in', some).execute();
      found.push(...rows.map(accountOf));
    }
    return found;
  }

  /** By range, not by LIKE: nothing in a prefix is a wildcard, and the index is always used. */
  async search(prefix: string, limit: number, after?: string): Promise<Account[]> {
    const rows = await this.#db
      .selectFrom('accounts')
      .selectAll()
      .where('username_key', '>=', keyOf(prefix))
      .where('username_key', '<', keyOf(prefix) + AFTER_ALL)
      .$if(after !== undefined, (query) => query.where('username_key', '>', keyOf(after ?? '')))
      .where('closed_at', 'is', null)
      .orderBy('username_key')
      .limit(limit)
      .execute();
    return rows.map(accountOf);
  }

  /** Usernames in lower case, in order, after `after`. */
  async names(after: string, limit: number): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('accounts')
      .select('username_key')
      .where('username_key', '>', after)
      .orderBy('username_key')
      .limit(limit)
      .execute();
    return rows.map((row) => row.username_key);
  }

  async setPassword(id: string, passwordHash: string): Promise<void> {
    await this.#db.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', id).execute();
  }

  async setProfile(id: string, change: ProfileChange): Promise<void> {
    const set: UpdateObject<Database, 'accounts'> = {};
    if (change.displayName !== undefined) set.display_name = change.displayName;
    if (change.colour !== undefined) set.colour = change.colour;
    if (change.invisible !== undefined) set.invisible = Number(change.invisible);
    if (Object.keys(set).length === 0) return;
    await this.#db.updateTable('accounts').set(set).where('id', '=', id).execute();
  }

  async close(id: string, at: number): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ closed_at: at, display_name: null, colour: null, password_hash: '', last_seen: null, invisible: 1, admin: 0 })
      .where('id', '=', id)
      .where('closed_at', 'is', null)
      .execute();
  }

  async setAdmin(id: string, admin: boolean): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ admin: Number(admin) })
      .where('id', '=', id)
      .where('closed_at', 'is', null)
      .execute();
  }

  async setSuspended(id: string, at: number | null): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ suspended_at: at })
      .where('id', '=', id)
      .where('closed_at', 'is', null)
      .$if(at !== null, (query) => query.where('suspended_at', 'is', null))
      .execute();
  }

  /** Never goes back: the latest wins, in whatever order they come. */
  async setLastSeen(seen: { userId: string; at: number }[]): Promise<void> {
    // In one order, so that two servers rarely wait for each other; one that is refused for a deadlock is tried again.
    const byId = seen.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
    for (let start = 0; start < byId.length; start += VALUES_PER_STATEMENT) {
      const rows = byId
        .slice(start, start + VALUES_PER_STATEMENT)
        .map(({ userId, at }) => sql`(${userId}, CAST(${at} AS bigint))`);
      await sql`UPDATE accounts SET last_seen = column2 FROM (VALUES ${sql.join(rows)}) AS seen
        WHERE id = column1 AND closed_at IS NULL AND (last_seen IS NULL OR last_seen < column2)`.execute(this.#db);
    }
  }
}

const keyOf = (username: string) => username.toLowerCase();

const accountOf = (row: Selectable<AccountsTable>): Account => ({
  id: row.id,
  username: row.username,
  displayName: row.display_name,
  colour: row.colour as Colour | null,
  passwordHash: row.password_hash,
  admin: row.admin === 1,
  invisible: row.invisible === 1,
  lastSeen: row.last_seen,
  closedAt: row.closed_at,
  suspendedAt: row.suspended_at,
  createdAt: row.created_at,
});
