import type { ConversationSettings, EventOf, Person, Role } from '@parley/protocol';
import type { ParleyApi } from './api.js';
import type { Bounds } from './bounds.js';
import type { Message, Revision } from './entries.js';
import { ParleyError } from './errors.js';
import type { Follower } from './follower.js';
import type { Outbox } from './outbox.js';
import type { Target } from './outbox-store.js';
import type { Outgoing } from './outgoing.js';
import type { People } from './people.js';
import type { Runtime } from './runtime.js';
import type { Cursors, Summary } from './summary.js';
import { Timeline } from './timeline.js';
import type { Wire } from './wire.js';

/** How far a message of one's own has come: in a group, with everybody. */
export type MessageStatus = 'sent' | 'delivered' | 'read';

export interface ConversationParts {
  follower: Follower;
  outbox: Outbox;
  wire: Wire;
  runtime: Runtime;
  bounds: Bounds;
  people: People;
  me: string;
  /** What only HTTP does. */
  api: Pick<ParleyApi, 'setConversation'> | undefined;
}

/**
 * A direct chat or a group, as this device knows it. The object stays the same for as long as one is a member; what it
 * says changes. For a value that changes identity instead, as views want it, take `summary`.
 *
 * @example
 * const chat = client.chatWith('bob');
 * await chat.timeline.open();
 * await chat.send('Hello!').sent;
 * chat.markRead();
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly timeline: Timeline;
  #saidTypingAt = Number.NEGATIVE_INFINITY;

  /** Made by the client. */
  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.timeline = new Timeline(parts.follower, () => this.pending);
  }

  /** Everything that a list of conversations shows; a new object after a change, the same one without. */
  get summary(): Summary {
    return this.#parts.follower.summary;
  }
  /** Grows with every change of anything shown: summary, timeline, pending messages, who is typing. */
  get version(): number {
    return this.#parts.follower.version;
  }
  /** The chatId or groupId. */
  get id(): string {
    return this.summary.id;
  }
  get kind(): Summary['kind'] {
    return this.summary.kind;
  }
  /** What the other person is called (the display name, or the username of who has none), or the group's name. */
  get title(): string {
    return this.summary.kind === 'chat' ? this.#parts.people.nameOf(this.summary.with) : this.summary.name;
  }
  /** The username of the other person of a direct chat; null in a group. */
  get with(): string | null {
    return this.summary.kind === 'chat' ? this.summary.with : null;
  }
  /** Messages of others after one's read cursor. */
  get unread(): number {
    return this.summary.unread;
  }
  get lastMessage(): Message | null {
    return this.summary.lastMessage;
  }
  get lastSeq(): number {
    return this.summary.lastSeq;
  }
  /** When it last moved, epoch milliseconds. */
  get lastAt(): number {
    return this.summary.lastAt;
  }
  /** One's own cursors, as seqs. */
  get delivered(): number {
    return this.summary.delivered;
  }
  get read(): number {
    return this.summary.read;
  }
  /** The other's cursors in a direct chat; null in a group. */
  get peer(): Cursors | null {
    return this.summary.kind === 'chat' ? this.summary.peer : null;
  }
  /** In a group: the cursors told since connecting, by username, and those of `takeCursors`. */
  get peers(): ReadonlyMap<string, Cursors> {
    return this.#parts.follower.peers;
  }
  /** One's own role in a group; null in a direct chat. */
  get role(): Role | null {
    return this.summary.kind === 'group' ? this.summary.role : null;
  }
  get memberCount(): number {
    return this.summary.kind === 'group' ? this.summary.memberCount : 2;
  }
  /** A direct chat in which one has blocked the other: nothing can be sent. */
  get blocked(): boolean {
    return this.summary.kind === 'chat' && this.summary.blocked;
  }
  /** A group that has ended: nothing can be sent. */
  get closed(): boolean {
    return this.summary.kind === 'group' && this.summary.closed;
  }
  /** Muted, pinned, archived: how one wants to see it, on all of one's devices. Nothing but `setSettings` changes it. */
  get settings(): Readonly<ConversationSettings> {
    return this.summary.settings;
  }
  /** Usernames of others who are typing now. */
  get typing(): readonly string[] {
    return this.#parts.follower.typing;
  }
  /** One's own messages that are not confirmed, failed ones included, in order. */
  get pending(): readonly Outgoing[] {
    return this.#parts.outbox.pending(this.#outboxTarget);
  }

  /**
   * Sends a message, now or as soon as there is a connection. Throws ParleyError `invalid_field`, `too_large` or
   * `outbox_failed` at once if it can never be sent; everything else shows in what it gives.
   */
  send(content: string): Outgoing {
    return this.#parts.outbox.enqueue(this.#outboxTarget, content);
  }

  /** Marks everything up to a seq as read, by default everything. Shows at once; the server hears of it when it can. */
  markRead(upTo: number = this.lastSeq): void {
    this.#parts.follower.markRead(upTo);
  }

  /** Changes what is given, on all of one's devices. Needs the client's option `api`; rejects with ParleyError. */
  async setSettings(change: Partial<ConversationSettings>): Promise<void> {
    const { api, follower } = this.#parts;
    if (api === undefined)
      throw new ParleyError('invalid_field', 'api: setSettings needs this option of the client', { field: 'api' });
    follower.setSettings(await api.setConversation(this.id, change));
  }

  /** Replaces the content of one's own message. Needs the connection; rejects with ParleyError. */
  async edit(message: Message, content: string): Promise<void> {
    const { id, seq } = message;
    const success = await this.#parts.wire.ask({ type: 'EDIT_MESSAGE', ...this.#wireTarget, seq, messageId: id, content });
    this.#revise(message, content, success);
  }

  /** Deletes one's own message, or as an admin of the group another's. Needs the connection; rejects with ParleyError. */
  async delete(message: Message): Promise<void> {
    const { id, seq } = message;
    const success = await this.#parts.wire.ask({ type: 'DELETE_MESSAGE', ...this.#wireTarget, seq, messageId: id });
    this.#revise(message, null, success);
  }

  /** Tells the others that one is typing; call it at every key, it is sent now and then. Lost without a connection. */
  sayTyping(): void {
    const { runtime, bounds, wire } = this.#parts;
    if (runtime.now() - this.#saidTypingAt < bounds.typingEveryMs || !wire.isLive) return;
    this.#saidTypingAt = runtime.now();
    wire.send({ type: 'TYPING', ...this.#wireTarget });
  }

  /** How far one's own message has come. In a group `delivered` and `read` mean all members of whom it is known. */
  statusOf(message: Message): MessageStatus {
    const { read, delivered } = this.seenBy(message);
    const others = this.memberCount - 1;
    if (others > 0 && read.length >= others) return 'read';
    return others > 0 && delivered.length >= others ? 'delivered' : 'sent';
  }

  /** Who has received and who has read a message, by username, as far as it is known. */
  seenBy(message: Message): { delivered: string[]; read: string[] } {
    const { summary, peers } = this;
    const cursors: [string, Cursors][] = summary.kind === 'chat' ? [[summary.with, summary.peer]] : [...peers];
    const past = (cursor: keyof Cursors) => cursors.filter(([, of]) => of[cursor] >= message.seq).map(([username]) => username);
    return { delivered: past('delivered'), read: past('read') };
  }

  /**
   * Lets the conversation know how far the members of a group are, as the API's member list says it; what is told later
   * is added by itself.
   *
   * @example
   * group.takeCursors((await api.members(group.id)).members);
   */
  takeCursors(members: readonly (Cursors & Partial<Person> & { username: string })[]): void {
    this.#parts.follower.takeCursors(members);
  }

  get #outboxTarget(): Target {
    const { summary } = this;
    return summary.kind === 'chat' ? { kind: 'chat', with: summary.with } : { kind: 'group', groupId: summary.id };
  }

  get #wireTarget() {
    return this.kind === 'chat' ? { chatId: this.id } : { groupId: this.id };
  }

  /** One's own edit or deletion shows as the entry that it is; on other devices it comes live. */
  #revise(message: Message, content: string | null, success: EventOf<'SUCCESS'>): void {
    const { messageId, seq, createdAt } = success;
    if (messageId === undefined || seq === undefined || createdAt === undefined || messageId === message.id) return;
    const target = { seq: message.seq, id: message.id };
    const revision: Revision = { kind: 'revision', id: messageId, seq, from: this.#parts.me, createdAt, target, content };
    this.#parts.follower.receive(revision, 'own');
  }
}
