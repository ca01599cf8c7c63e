import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import type { Role } from '@parley/protocol';
import type { ConversationStore, Opened } from './conversations.js';
import { AppendRefused, type Appended, type Change, type Entry, type Send } from './log.js';
import type { Stores } from './stores.js';

export type { Stores };

/** Two handles on the same data: two nodes of a cluster, or one embedded server twice. */
export type OpenStores = () => Promise<{ nodes: [Stores, Stores]; close(): Promise<void> }>;

/** Opens the stores for a suite, and has what its tests say again and again. Each test makes its own people and chats. */
export class Stage {
  #opened: Awaited<ReturnType<OpenStores>> | undefined;

  constructor(open: OpenStores) {
    beforeAll(async () => {
      this.#opened = await open();
    }, 60_000);
    afterAll(() => this.#opened?.close());
  }

  get nodes(): [Stores, Stores] {
    if (this.#opened === undefined) throw new Error('the stage is not set yet');
    return this.#opened.nodes;
  }

  /** One of the two, by turns. */
  node(turn = 0): Stores {
    return turn % 2 === 0 ? this.nodes[0] : this.nodes[1];
  }

  /** An account's id; the name gets a suffix of its own unless it is to be exact. */
  async person(name = 'p', exact = false): Promise<string> {
    const id = randomUUID();
    const username = exact ? name : `${name}-${id.slice(0, 8)}`;
    await this.node().accounts.create({
      id,
      username,
      displayName: null,
      colour: null,
      passwordHash: 'hash',
      admin: false,
      invisible: false,
      lastSeen: null,
      closedAt: null,
      suspendedAt: null,
      createdAt: Date.now(),
    });
    return id;
  }

  people(count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.person()));
  }

  async direct(a: string, b: string): Promise<string> {
    const opened = await this.node().conversations.openDirect(a, b, randomUUID(), Date.now());
    if (opened === null) throw new Error('blocked');
    return opened.id;
  }

  async group(
    ownerId: string,
    memberIds: string[] = [],
    more: Partial<Parameters<ConversationStore['createGroup']>[0]> = {},
  ): Promise<string> {
    const id = randomUUID();
    await this.node().conversations.createGroup({
      id,
      ownerId,
      name: 'Climbing',
      access: 'open',
      visibility: 'all',
      memberIds,
      messageIds: Array.from({ length: memberIds.length + 1 }, () => randomUUID()),
      at: Date.now(),
      ...more,
    });
    return id;
  }

  send(conversationId: string, senderId: string, more: Partial<Send> = {}, turn = 0): Promise<Appended> {
    return this.node(turn).log.append({
      kind: 'send',
      conversationId,
      senderId,
      messageId: randomUUID(),
      content: 'hello',
      clientId: null,
      at: Date.now(),
      ...more,
    });
  }

  async change(
    conversationId: string,
    actorId: string,
    what: Partial<Change> & Pick<Change, 'entries'>,
    turn = 0,
  ): Promise<Appended> {
    const membersVersion = what.membersVersion ?? (await this.version(conversationId));
    return this.node(turn).log.append({ kind: 'change', conversationId, actorId, at: Date.now(), ...what, membersVersion });
  }

  async version(conversationId: string): Promise<number> {
    return (await this.node().conversations.roster(conversationId))?.membersVersion ?? 0;
  }

  join(groupId: string, userId: string, role: Role = 'member'): Promise<Appended> {
    const entries = [entry('joined', { detail: { userId, role } })];
    return this.change(groupId, userId, { entries, members: [{ userId, role, entry: 0 }] });
  }

  leave(groupId: string, userId: string): Promise<Appended> {
    return this.change(groupId, userId, {
      entries: [entry('left', { detail: { userId } })],
      members: [{ userId, role: null, entry: 0 }],
    });
  }

  /** `content` null deletes. */
  revise(
    conversationId: string,
    actorId: string,
    target: { seq: number; messageId: string },
    content: string | null,
  ): Promise<Appended> {
    const entries = [entry(content === null ? 'delete' : 'edit', { content: content ?? '', detail: { target } })];
    return this.change(conversationId, actorId, { entries, revise: { ...target, content } });
  }

  async opened(userId: string, conversationId: string): Promise<Opened> {
    const opened = await this.node(1).conversations.open(userId, conversationId);
    if (opened === null) throw new Error('not a member');
    return opened;
  }

  /** The whole log, page by page. */
  async entries(conversationId: string): Promise<Entry[]> {
    const all: Entry[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? 0;
      const page = await this.node(1).log.page({ conversationId, from: 1, to: 1e9, after, limit: 100, maxBytes: 1e9 });
      all.push(...page.entries);
      if (!page.hasMore) return all;
    }
  }

  /** A time after everything so far, and before everything to come. */
  async later(): Promise<number> {
    await sleep(3);
    const now = Date.now();
    await sleep(3);
    return now;
  }
}

/** A draft of an entry that is not a message. */
export const entry = (kind: Change['entries'][number]['kind'], more: Partial<Change['entries'][number]> = {}) => ({
  messageId: randomUUID(),
  kind,
  ...more,
});

/** The entry of an append that has one. */
export function only({ entries }: Appended): Entry {
  const [first, second] = entries;
  if (first === undefined || second !== undefined) throw new Error(`expected one entry, got ${entries.length}`);
  return first;
}

/** The code that an append was refused with. */
export async function refusal(appending: Promise<unknown>): Promise<string> {
  try {
    await appending;
    return 'accepted';
  } catch (error) {
    if (error instanceof AppendRefused) return error.code;
    throw error;
  }
}

export const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
