import { isStoreRefusal, type Command, type Outcome, type SqlCommand, type StoreRefusal } from './commands.js';
import { Changes } from './changes.js';
import { ConversationStates } from './conversation-states.js';
import { MemberCursors } from './cursors.js';
import { EntriesTable } from './entries-table.js';
import { Members } from './members.js';
import { OfflineRows } from './offline-rows.js';
import { Pairs } from './pairs.js';
import { Sends } from './sends.js';
import { prepare, troubleOf, type Sqlite, type Statement } from './sqlite.js';
import { StatementCache } from './statement-cache.js';

const STATES_KEPT = 8_192;
const STATEMENTS_KEPT = 100;

/** It is not known what is on the disk: nothing may be answered, and nothing more be written. */
export class FatalStoreError extends Error {
  override name = 'FatalStoreError';
}

/**
 * Runs batches: one transaction, one sync, all outcomes in order. Commands look before they write, so that what is to
 * be refused is refused without a savepoint. When one fails for a reason nobody foresaw, the batch is rolled back and
 * run again one by one, and only that one fails (R3, R25).
 */
export class Batches {
  readonly #db: Sqlite;
  readonly #states: ConversationStates;
  readonly #sends: Sends;
  readonly #cursors: MemberCursors;
  readonly #changes: Changes;
  readonly #pairs: Pairs;
  readonly #offline: OfflineRows;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #check: Statement;
  readonly #statements: StatementCache;

  constructor(db: Sqlite) {
    this.#db = db;
    this.#states = new ConversationStates(db, STATES_KEPT);
    this.#offline = new OfflineRows(db);
    const entries = new EntriesTable(db, this.#states);
    const members = new Members(db, this.#offline);
    this.#sends = new Sends(db, this.#states, entries);
    this.#cursors = new MemberCursors(db, this.#states, this.#offline);
    this.#changes = new Changes(db, this.#states, entries, members);
    this.#pairs = new Pairs(db, this.#states, members);
    this.#begin = prepare(db, 'BEGIN IMMEDIATE');
    this.#commit = prepare(db, 'COMMIT');
    this.#check = prepare(
      db,
      'INSERT INTO store_checks (id, checked_at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET checked_at = ?1',
    );
    this.#statements = new StatementCache(db, STATEMENTS_KEPT);
  }

  /** The outcome of each command. Throws FatalStoreError. */
  run(commands: Command[]): Outcome[] {
    try {
      return this.#transaction(commands);
    } catch (error) {
      this.#rollBack();
      const trouble = troubleOf(error);
      switch (trouble) {
        case 'full':
          return refused(commands, 'storage_full');
        case 'readonly':
          return refused(commands, 'storage_readonly');
        case 'busy':
          return refused(commands, 'overloaded');
        case 'fatal':
          throw new FatalStoreError('the store failed while writing', { cause: error });
        case 'statement':
          return commands.length === 1 ? [faultOf(error)] : this.#oneByOne(commands);
      }
    }
  }

  #transaction(commands: Command[]): Outcome[] {
    this.#begin.run();
    const outcomes = commands.map((command) => this.#perform(command));
    this.#states.writeBack();
    this.#commit.run();
    this.#states.trim();
    return outcomes;
  }

  #perform(command: Command): Outcome {
    switch (command[0]) {
      case 'send':
        return this.#sends.send(command);
      case 'cursor':
        return this.#cursors.move(command);
      case 'change':
        return this.#changes.change(command);
      case 'group':
        return this.#changes.createGroup(command);
      case 'direct':
        return this.#pairs.openDirect(command);
      case 'block':
        return this.#pairs.setBlock(command);
      case 'note':
        return this.#offline.note(command);
      case 'rebuild':
        return this.#offline.rebuild(command);
      case 'purge':
        return this.#sends.purge(command);
      case 'sql':
        return this.#sql(command);
      case 'check':
        this.#check.run(command[1]);
        return null;
    }
  }

  #sql([, sql, parameters]: SqlCommand): Outcome<'sql'> {
    const statement = this.#statements.get(sql);
    if (statement.columns().length > 0) {
      const rows = statement.all(...parameters);
      return { rows, changes: rows.length };
    }
    return { rows: [], changes: statement.run(...parameters).changes };
  }

  /** What the store refuses to one, it refuses to all that come after it: nothing overtakes. */
  #oneByOne(commands: Command[]): Outcome[] {
    const outcomes: Outcome[] = [];
    for (const [index, command] of commands.entries()) {
      const [outcome] = this.run([command]);
      if (isStoreRefusal(outcome)) return [...outcomes, ...refused(commands.slice(index), outcome)];
      outcomes.push(outcome ?? null);
    }
    return outcomes;
  }

  /** After some errors SQLite has rolled back by itself, and then says that there is nothing to roll back. */
  #rollBack(): void {
    this.#states.forget();
    if (!this.#db.isTransaction) return;
    try {
      this.#db.exec('ROLLBACK');
    } catch (error) {
      throw new FatalStoreError('a transaction could not be rolled back', { cause: error });
    }
  }
}

const refused = (commands: Command[], code: StoreRefusal): Outcome[] => commands.map(() => code);

const faultOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
