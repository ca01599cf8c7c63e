import type { Talk } from '../talk.js';
import type { Words } from '../words.js';

/** What one can type beside messages. */
export interface Command {
  usage: string;
  about: string;
  run(talk: Talk, words: Words): Promise<void> | void;
}

export type Commands = Record<string, Command>;
