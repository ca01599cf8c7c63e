import type { EntryEvent, EventOf, InboxGroup, ServerEvent } from '@parley/protocol';
import type { ParleyApi } from './api.js';
import type { Bounds } from './bounds.js';
import { Conversation } from './conversation.js';
import { entryOf, type Message } from './entries.js';
import { asParleyError, ParleyError } from './errors.js';
import { Follower } from './follower.js';
import type { Outbox } from './outbox.js';
import type { People } from './people.js';
import type { StoredMessage } from './outbox-store.js';
import type { Runtime, Timer } from './runtime.js';
import { newChat, summaryOfChat, summaryOfGroup, type Cursors, type Summary } from './summary.js';
import type { Wire } from './wire.js';

/** Reading the inbox again while live happens at most this often. */
const RESYNC_EVERY_MS = 1_000;

export interface InboxParts {
  runtime: Runtime;
  bounds: Bounds;
  wire: Wire;
  api: Pick<ParleyApi, 'setConversation'> | undefined;
  outbox: Outbox;
  people: People;
  autoAck: boolean;
  /** Fetches what was missed in all conversations, not only in opened ones. */
  catchesUpAll: boolean;
  changed: (conversation: Conversation) => void;
  removed: (conversation: Conversation) => void;
  message: (conversation: Conversation, message: Message, isLive: boolean) => void;
  receipt: (conversation: Conversation, username: string, cursors: Cursors) => void;
  typing: (conversation: Conversation, username: string) => void;
  failed: (error: ParleyError) => void;
}

/** The events that change what is known of conversations. */
type HeldEvent = EntryEvent | EventOf<'CHAT_STARTED' | 'RECEIPT' | 'BLOCK_CHANGED' | 'CONVERSATION_SETTINGS'>;

interface Followed {
  conversation: Conversation;
  follower: Follower;
}

/**
 * All conversations of the user: read with INIT_DATA on every connection, kept up by events.
 *
 * Guarantee: while the inbox is read, events wait; afterwards they are merged by seq. An event of a conversation that
 * is not known makes the inbox be read again.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #followed = new Map<string, Followed>();
  readonly #chatIds = new Map<string, string>();
  /** Whose timelines were opened, the one longest ago first. */
  readonly #open = new Set<string>();
  #username: string | null = null;
  /** Of the last complete reply: next time only what moved since is told. */
  #token: string | null = null;
  #ordered: readonly Conversation[] | null = [];
  #isReading = false;
  #held: HeldEvent[] = [];
  #isOverflowed = false;
  #resync: Timer | null = null;
  #isResyncWanted = false;
  /** The next one, because this one was of several pages. */
  #isSecondReading = false;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** The user of the token, as the server writes it; null before the first reply. */
  get username(): string | null {
    return this.#username;
  }

  /** The one that moved last first. A new list after a change, the same one without. */
  get conversations(): readonly Conversation[] {
    this.#ordered ??= [...this.#followed.values()]
      .map(({ conversation }) => conversation)
      .sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1));
    return this.#ordered;
  }

  get(id: string): Conversation | null {
    return this.#followed.get(id)?.conversation ?? null;
  }

  chatWith(username: string): Conversation | null {
    const id = this.#chatIds.get(username.toLowerCase());
    return id === undefined ? null : this.get(id);
  }

  /** Reads the inbox on a new connection. Rejects with ParleyError; the connection is then of no use. */
  async sync(): Promise<void> {
    await this.#read(true);
  }

  /** The connection is live: every conversation goes on. */
  resumed(): void {
    for (const { follower } of this.#followed.values()) follower.resumed();
    if (this.#isResyncWanted) this.resync();
  }

  lost(): void {
    this.#isReading = false;
    this.#held = [];
    this.#resync?.cancel();
    this.#resync = null;
    for (const { follower } of this.#followed.values()) follower.lost();
  }

  flush(): void {
    for (const { follower } of this.#followed.values()) follower.flush();
  }

  end(): void {
    for (const { follower } of this.#followed.values()) follower.end();
  }

  /** Reads again what moved lately, soon. */
  resync(): void {
    this.#isResyncWanted = true;
    if (!this.#parts.wire.isLive || this.#isReading || this.#resync !== null) return;
    const delayMs = Math.max(0, this.#readAt + RESYNC_EVERY_MS - this.#parts.runtime.now());
    this.#resync = this.#parts.runtime.after(delayMs, () => void this.#readAgain());
  }

  /** Takes an event. Those of conversations wait while the inbox is being read. */
  receive(event: ServerEvent): void {
    if (event.type === 'TYPING') return this.#typing(event);
    if (event.type === 'PERSON_CHANGED') return this.#parts.people.told([], [event.person]);
    if (!isOfConversation(event)) return;
    // Before the first reply nobody knows whose inbox it is.
    if (!this.#isReading && this.#username !== null && this.#merge(event)) return;
    this.#hold(event);
    if (!this.#isReading) this.resync();
  }

  /** A group that one has just made or joined. */
  add(group: InboxGroup): Conversation {
    return this.#take(summaryOfGroup(group), false).conversation;
  }

  remove(id: string): void {
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    followed.follower.end();
    this.#followed.delete(id);
    this.#open.delete(id);
    this.#ordered = null;
    this.#parts.removed(followed.conversation);
  }

  /** One's own message at its place, put into its conversation; null if the SUCCESS does not say the place. */
  accept(stored: StoredMessage, success: EventOf<'SUCCESS'>): Message | null {
    const { messageId, seq, ordinal, createdAt } = success;
    if (messageId === undefined || seq === undefined || createdAt === undefined) return null;
    const { content, clientMessageId, target } = stored;
    const from = this.#username ?? '';
    const place = { id: messageId, seq, from, createdAt, ordinal: ordinal ?? 0 };
    const message: Message = { kind: 'message', ...place, content, clientMessageId, editedAt: null, deletedAt: null };
    if (target.kind === 'group') this.#followed.get(target.groupId)?.follower.receive(message, 'own');
    else if (success.chatId !== undefined) this.#chat(success.chatId, target.with, createdAt).follower.receive(message, 'own');
    return message;
  }

  /** What is shown of this target's conversation has changed. */
  touch(target: StoredMessage['target']): void {
    const id = target.kind === 'group' ? target.groupId : this.#chatIds.get(target.with.toLowerCase());
    if (id !== undefined) this.#followed.get(id)?.follower.touch();
  }

  /** How these people want to be seen has changed: so do their chats. */
  repaint(usernames: readonly string[]): void {
    for (const username of usernames) this.#followed.get(this.#chatIds.get(username) ?? '')?.follower.touch();
  }

  async #readAgain(): Promise<void> {
    this.#resync = null;
    try {
      await this.#read(false);
    } catch (reason) {
      const error = asParleyError(reason, 'bad_reply');
      if (!this.#parts.wire.isLive) return;
      this.#parts.failed(error);
      if (error.retryable) this.resync();
    }
    if (this.#isResyncWanted) this.resync();
  }

  /** `isConnecting`: on a new connection, when what was missed is only counted. */
  async #read(isConnecting: boolean): Promise<void> {
    this.#isReading = true;
    this.#isResyncWanted = false;
    this.#readAt = this.#parts.runtime.now();
    try {
      do {
        // What was dropped is older than the reply that is now asked for, and so in it.
        this.#isOverflowed = false;
        await this.#readPages(isConnecting);
      } while (this.#isOverflowed);
    } finally {
      this.#isReading = false;
    }
    const held = this.#held;
    this.#held = [];
    // What is still unknown is of a conversation that one is no longer in.
    for (const event of held) this.#merge(event);
  }

  async #readPages(isConnecting: boolean): Promise<void> {
    const isFirst = this.#username === null;
    const missing = this.#token === null ? new Set(this.#followed.keys()) : new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await this.#ask(cursor);
      pages += 1;
      this.#username = page.username;
      this.#parts.people.told(namedIn(page), page.people);
      for (const { groupId } of page.left) this.remove(groupId);
      for (const summary of [...page.chats.map(summaryOfChat), ...page.groups.map(summaryOfGroup)]) {
        missing.delete(summary.id);
        this.#take(summary, isConnecting, isFirst);
      }
      cursor = page.cursor;
      this.#token = page.token ?? this.#token;
    } while (cursor !== undefined);
    for (const id of missing) this.remove(id);
    // What moved between two pages is on neither. Read once more, not for as long as much moves.
    this.#isSecondReading = pages > 1 && !this.#isSecondReading;
    if (this.#isSecondReading) this.#isResyncWanted = true;
  }

  async #ask(cursor: string | undefined): Promise<EventOf<'INIT_DATA'>> {
    const { wire, bounds } = this.#parts;
    const limit = this.#username === null ? bounds.inboxFirstConversations : bounds.inboxPageConversations;
    if (cursor !== undefined) return wire.ask({ type: 'INIT_DATA', limit, cursor });
    if (this.#token === null) return wire.ask({ type: 'INIT_DATA', limit });
    return wire.ask({ type: 'INIT_DATA', limit, token: this.#token }).catch((error: unknown) => {
      // A token that this server does not take (another installation, say): begin from nothing.
      if (error instanceof ParleyError && !error.retryable) this.#token = null;
      throw error;
    });
  }

  #hold(event: HeldEvent): void {
    if (this.#held.length >= this.#parts.bounds.heldMaxEvents) {
      this.#held = [];
      this.#isOverflowed = true;
      if (!this.#isReading) this.resync();
      return;
    }
    this.#held.push(event);
  }

  /** False: of a conversation that is not known. */
  #merge(event: HeldEvent): boolean {
    if (isEntry(event)) return this.#mergeEntry(event);
    switch (event.type) {
      case 'CHAT_STARTED':
        this.#chat(event.chatId, event.with, event.createdAt);
        break;
      case 'RECEIPT':
        this.#of(event)?.follower.receiveReceipts(event.receipts);
        break;
      case 'BLOCK_CHANGED':
        this.#of(event)?.follower.setBlocked(event.blocked);
        // Receipts are not told while one of the two is blocked.
        if (!event.blocked) this.resync();
        break;
      case 'CONVERSATION_SETTINGS':
        this.#of(event)?.follower.setSettings(event.settings);
        break;
      default:
        event satisfies never;
    }
    return this.#of(event) !== null;
  }

  #mergeEntry(event: EntryEvent): boolean {
    const followed = this.#of(event) ?? this.#begun(event);
    if (followed === null) return this.#isOut(event);
    if (event.type === 'GROUP_EVENT' && event.group !== undefined) followed.follower.welcome(event.group.lastSeq);
    const { summary } = followed.conversation;
    if (this.#isOut(event) && summary.kind === 'group' && event.seq > summary.joinedSeq) {
      this.remove(summary.id);
      return true;
    }
    if (summary.kind === 'group') this.#meet(event);
    const entry = entryOf(event);
    if (entry !== null) followed.follower.receive(entry, 'live');
    return true;
  }

  #meet(event: EntryEvent): void {
    this.#parts.people.met(event.from);
    if (event.type === 'GROUP_EVENT' && event.username !== undefined) this.#parts.people.met(event.username);
  }

  /** A new group begins with the entry that brings it, a direct chat with its first message, if nothing else said so. */
  #begun(event: EntryEvent): Followed | null {
    if (event.type === 'GROUP_EVENT' && event.group !== undefined) {
      return this.#follow(summaryOfGroup(event.group), event.group.lastSeq + 1);
    }
    if (event.type !== 'ONE_TO_ONE_CHAT' || event.seq !== 1) return null;
    return this.#chat(event.chatId, event.from === this.#username ? event.to : event.from, event.createdAt);
  }

  /** This user is out of the group. */
  #isOut(event: EntryEvent): boolean {
    const isEnd = event.type === 'GROUP_EVENT' && (event.event === 'left' || event.event === 'removed');
    return isEnd && event.username === this.#username;
  }

  #typing(event: EventOf<'TYPING'>): void {
    const followed = this.#of(event);
    if (followed === null || event.from === this.#username) return;
    this.#parts.people.met(event.from);
    followed.follower.receiveTyping(event.from);
    this.#parts.typing(followed.conversation, event.from);
  }

  #of(event: { chatId?: string | undefined; groupId?: string | undefined }): Followed | null {
    return this.#followed.get(event.chatId ?? event.groupId ?? '') ?? null;
  }

  /** The chat of this id; if it is new, as it was when it began. */
  #chat(chatId: string, peer: string, startedAt: number): Followed {
    return this.#followed.get(chatId) ?? this.#follow(newChat(chatId, peer, startedAt), 1);
  }

  #take(summary: Summary, isConnecting: boolean, isFirst = false): Followed {
    const { catchesUpAll } = this.#parts;
    const followed = this.#followed.get(summary.id);
    if (followed === undefined) {
      const start = summary.kind === 'group' ? summary.joinedSeq : 1;
      return this.#follow(summary, catchesUpAll && !isFirst ? start : summary.lastSeq + 1);
    }
    followed.follower.take(summary, isConnecting && !catchesUpAll);
    return followed;
  }

  #follow(summary: Summary, newsFrom: number): Followed {
    const { runtime, bounds, wire, outbox, people, autoAck } = this.#parts;
    const me = this.#username ?? '';
    const follower = new Follower(summary, newsFrom, {
      runtime,
      bounds,
      wire,
      people,
      me,
      autoAck,
      opened: () => this.#opened(conversation.id),
      failed: this.#parts.failed,
      changed: () => this.#changed(conversation),
      message: (message, isLive) => this.#parts.message(conversation, message, isLive),
      receipt: (username, cursors) => this.#parts.receipt(conversation, username, cursors),
      confirmed: (message) => outbox.confirm(message),
      resync: () => this.resync(),
    });
    const conversation = new Conversation({ follower, outbox, wire, runtime, bounds, people, me, api: this.#parts.api });
    const followed = { conversation, follower };
    this.#followed.set(summary.id, followed);
    if (summary.kind === 'chat') {
      this.#chatIds.set(summary.with.toLowerCase(), summary.id);
      people.met(summary.with);
    }
    follower.touch();
    return followed;
  }

  /** Of those that were opened, what is held of the ones longest ago is let go. */
  #opened(id: string): void {
    this.#open.delete(id);
    this.#open.add(id);
    let excess = this.#open.size - this.#parts.bounds.timelinesMaxOpen;
    for (const oldest of this.#open) {
      if (excess-- <= 0) return;
      const followed = this.#followed.get(oldest);
      if (followed?.follower.close() === false) continue;
      followed?.conversation.timeline.release();
      this.#open.delete(oldest);
    }
  }

  #changed(conversation: Conversation): void {
    this.#ordered = null;
    this.#parts.changed(conversation);
  }
}

/** Everybody whom a page of the inbox names. */
function namedIn({ username, chats, groups }: EventOf<'INIT_DATA'>): string[] {
  const authors = [...chats, ...groups].flatMap(({ lastMessage }) => (lastMessage === undefined ? [] : [lastMessage.from]));
  return [username, ...chats.map((chat) => chat.with), ...authors];
}

const ENTRIES: ReadonlySet<string> = new Set<EntryEvent['type']>([
  'ONE_TO_ONE_CHAT',
  'GROUP_CHAT',
  'MESSAGE_EDITED',
  'MESSAGE_DELETED',
  'GROUP_EVENT',
]);
const OTHERS: ReadonlySet<string> = new Set<HeldEvent['type']>([
  'CHAT_STARTED',
  'RECEIPT',
  'BLOCK_CHANGED',
  'CONVERSATION_SETTINGS',
]);

function isEntry(event: ServerEvent): event is EntryEvent {
  return ENTRIES.has(event.type);
}

function isOfConversation(event: ServerEvent): event is HeldEvent {
  return isEntry(event) || OTHERS.has(event.type);
}
