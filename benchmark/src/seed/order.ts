import type { Person } from '../runner/people.js';

/** What a store is to be filled with before a server opens it. */
export interface Order {
  dataDir: string;
  /** What the server signs its tokens with. */
  jwtSecret: string;
  people: number;
  /** A direct chat for each number, of as many messages, between people of their own. */
  chatsOfMessages: number[];
  /** The same person reads all of these chats. */
  ofOneReader?: boolean;
  contentBytes: number;
}

export interface SeededChat {
  chatId: string;
  /** One of the two, who reads. */
  reader: Person;
  other: Person;
  messages: number;
}

export interface Seeded {
  people: Person[];
  chats: SeededChat[];
}

export type FromSeed =
  { type: 'progress'; what: string } | { type: 'seeded'; seeded: Seeded } | { type: 'failed'; message: string };
