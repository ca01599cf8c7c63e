import type { Command, Outcome } from './commands.js';
import { prepare, troubleOf, type Sqlite, type Statement } from './sqlite.js';

/** About this many pages may lie in the write-ahead log before they are moved to the database file. */
const WAL_MAX_PAGES = 4_000;
/** What a command writes at most, roughly: leaves of the tables and indexes that it touches. */
const PAGES_PER_COMMAND = 6;
const CHARS_PER_PAGE = 4_096;

/**
 * Moves the write-ahead log into the database. Done here and not by SQLite itself, for two reasons: after the answers
 * have gone out, not before; and SQLite does not tell when its own fails to sync, which must end the process.
 */
export class Checkpoints {
  readonly #passive: Statement;
  readonly #truncate: Statement;
  #pages = 0;

  constructor(db: Sqlite) {
    this.#passive = prepare(db, 'PRAGMA wal_checkpoint(PASSIVE)');
    this.#truncate = prepare(db, 'PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** After each batch: when the log has grown long enough, or there is no room for it to grow. Throws when the disk fails. */
  after(commands: Command[], outcomes: Outcome[]): void {
    this.#pages += commands.reduce((pages, command) => pages + pagesOf(command), 1);
    if (this.#pages >= WAL_MAX_PAGES || outcomes.at(-1) === 'storage_full') this.#run(this.#passive);
  }

  /** Before the file is closed: leaves nothing in the log, if there is room. */
  last(): void {
    this.#run(this.#truncate);
  }

  /** A full disk, or a reader in the way, leaves the log as it is for now. */
  #run(checkpoint: Statement): void {
    this.#pages = 0;
    try {
      checkpoint.get();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== 'full' && trouble !== 'busy') throw error;
    }
  }
}

function pagesOf(command: Command): number {
  return command[0] === 'send' ? PAGES_PER_COMMAND + command[4].length / CHARS_PER_PAGE : PAGES_PER_COMMAND;
}
