import type { Inbox } from '@parley/protocol';

/** An account made for trying things out. */
export interface Dummy {
  username: string;
  displayName: string;
  password: string;
}

/** The conversations of a person. */
export type Conversations = Pick<Inbox, 'chats' | 'groups'>;

/** A dummy who acts. */
export interface Person {
  readonly username: string;
  conversations(): Promise<Conversations>;
  startChat(username: string): Promise<void>;
  /** Gives the group's id. */
  createGroup(name: string, members: string[]): Promise<string>;
  writeTo(username: string, text: string): Promise<void>;
  writeIn(groupId: string, text: string): Promise<void>;
  /** Has read everything up to this seq. */
  read(conversation: { chatId: string } | { groupId: string }, upTo: number): Promise<void>;
}

/** Where dummies live: in the store itself, or on a running server. */
export interface Place {
  /** For people: what is written into. */
  readonly about: string;
  /** How to sign in to it as this dummy. */
  login(dummy: Dummy): string;
  /** Makes the account; false if there is one of this name. */
  create(dummy: Dummy): Promise<boolean>;
  /** The dummy, whose account there is, ready to act. */
  enter(dummy: Dummy): Promise<Person>;
  close(): Promise<void>;
}

/** Reads an inbox to its last page. */
export async function wholeInbox(page: (cursor: string | undefined) => Promise<Inbox>): Promise<Conversations> {
  const whole: Conversations = { chats: [], groups: [] };
  let cursor: string | undefined;
  do {
    const read = await page(cursor);
    whole.chats.push(...read.chats);
    whole.groups.push(...read.groups);
    cursor = read.cursor;
  } while (cursor !== undefined);
  return whole;
}
