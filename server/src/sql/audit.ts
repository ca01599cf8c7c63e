import type { Kysely } from 'kysely';
import type { AuditEntry, AuditLog } from '../ports/audit.js';
import type { Database } from './schema.js';

/** The audit log in whatever database Kysely is on. */
export class SqlAuditLog implements AuditLog {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async add({ id, at, actor, action, target, address }: AuditEntry): Promise<void> {
    await this.#db.insertInto('audit_log').values({ id, at, actor, action, target, address }).execute();
  }

  async page(before: string | null, limit: number): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom('audit_log')
      .select(['id', 'at', 'actor', 'action', 'target', 'address'])
      .$if(before !== null, (query) => query.where('id', '<', before))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows as AuditEntry[];
  }
}
