import type { Sqlite, Statement } from './sqlite.js';

/** Prepared statements by their text; those longest unused go first. */
export class StatementCache {
  readonly #db: Sqlite;
  readonly #maxStatements: number;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Sqlite, maxStatements: number) {
    this.#db = db;
    this.#maxStatements = maxStatements;
  }

  get(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) this.#statements.delete(sql);
    const statement = known ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > this.#maxStatements) this.#dropOldest();
    return statement;
  }

  #dropOldest(): void {
    for (const oldest of this.#statements.keys()) {
      this.#statements.delete(oldest);
      return;
    }
  }
}
