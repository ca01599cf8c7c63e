import { prepare, troubleOf, type Sqlite, type Statement } from './sqlite.js';
import type { Command } from './commands.js';

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
  readonly #checkpoint: Statement;
  #pages = 0;

  constructor(db: Sqlite) {
    this.#checkpoint = prepare(db, 'PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** To be called after each batch. Throws when the disk fails; a full one only makes the log longer for now. */
  after(commands: Command[]): void {
    this.#pages += commands.reduce((pages, command) => pages + pagesOf(command), 1);
    if (this.#pages < WAL_MAX_PAGES) return;
    this.#pages = 0;
    try {
      this.#checkpoint.all();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== 'full' && trouble !== 'busy') throw error;
    }
  }
}

function pagesOf(command: Command): number {
  return command[0] === 'send' ? PAGES_PER_COMMAND + command[4].length / CHARS_PER_PAGE : PAGES_PER_COMMAND;
}
