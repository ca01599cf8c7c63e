import type { Kind, Rows } from './kinds.js';

/** A store as it was at one moment. */
export interface Source {
  /** For people. */
  readonly about: string;
  count(kind: Kind): Promise<number>;
  /** Sorted by the kind's key; entries by conversation and seq, as far as each conversation's last seq. */
  rows<K extends Kind>(kind: K): AsyncIterable<Rows[K]>;
  close(): Promise<void>;
}

/** How far an import has come. */
export interface Begun {
  partsDone: number;
  /** When it was finished, if it was. */
  finishedAt: number | null;
}

/** A store that an export is moved to. While that is not finished, no server starts on it. */
export interface Target {
  readonly about: string;
  /** Begins, or goes on with the same export; rejects if the store is in use, or has anything else in it. */
  begin(exportId: string): Promise<Begun>;
  /** Writes the rows of one part, and that this was the `partsDone`th; what was written of it before may be there. */
  write<K extends Kind>(kind: K, rows: Rows[K][], partsDone: number): Promise<void>;
  /** What is in the store now. */
  read(): Promise<Source>;
  /** Servers may start. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
