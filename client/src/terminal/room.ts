import type { Conversation, MessageStatus } from '../conversation.js';
import { ParleyError } from '../errors.js';
import type { TimelineItem } from '../timeline.js';
import { Feed } from './feed.js';
import type { Me } from './me.js';
import type { Screen } from './screen.js';
import { dim, spansOf, strong, type Row } from './text/row.js';
import { nameOf } from './views/conversation-list.js';
import { presenceText } from './views/people.js';
import { timelineRow, waitingRow } from './views/timeline.js';
import type { View } from './views/view.js';
import { Usage } from './words.js';

const SHOWN_ITEMS = 20;
const SHOWN_UNREAD_MAX = 100;

/** What is open: a conversation, or somebody with whom there is none before the first message. */
type Open = { kind: 'nothing' } | { kind: 'person'; username: string } | { kind: 'conversation'; conversation: Conversation };

/** The open conversation on the screen: everything that happens in it is printed once, and read. */
export class Room {
  readonly #me: Me;
  readonly #screen: Screen;
  #open: Open = { kind: 'nothing' };
  /** Null while the newest page is being fetched: what comes meanwhile is in it. */
  #feed: Feed | null = null;
  /** The topmost entry on the screen; what is above it is for `older`. */
  #topSeq = 0;

  constructor(me: Me, screen: Screen) {
    this.#me = me;
    this.#screen = screen;
  }

  /** What is open, for commands that need it. */
  get conversation(): Conversation {
    if (this.#open.kind !== 'conversation') throw new Usage('open a conversation first: /open NAME');
    return this.#open.conversation;
  }

  get group(): Conversation {
    if (this.conversation.kind !== 'group') throw new Usage('this is not a group');
    return this.conversation;
  }

  get title(): string | null {
    if (this.#open.kind === 'nothing') return null;
    return this.#open.kind === 'person' ? this.#open.username : nameOf(this.#open.conversation);
  }

  /** Usernames of those who are writing here. */
  get typing(): readonly string[] {
    return this.#open.kind === 'conversation' ? this.#open.conversation.typing : [];
  }

  /** How far one's own last message has come, if it is the newest of all. */
  get mark(): MessageStatus | null {
    if (this.#open.kind !== 'conversation') return null;
    const { conversation } = this.#open;
    const last = conversation.lastMessage;
    return last === null || last.from !== this.#me.username ? null : conversation.statusOf(last);
  }

  has(conversation: Conversation): boolean {
    return this.#open.kind === 'conversation' && this.#open.conversation === conversation;
  }

  /** Opens a conversation: shows its end, and reads it. Without a connection it shows what is here. */
  async enter(conversation: Conversation): Promise<void> {
    this.#open = { kind: 'conversation', conversation };
    this.#feed = null;
    await conversation.timeline.open().catch((error: unknown) => {
      if (!(error instanceof ParleyError) || !error.retryable) throw error;
      this.#screen.print(dim('· no connection: what is shown may be old'));
    });
    if (!this.has(conversation)) return;
    this.#screen.print(this.#heading(conversation));
    this.showEnd(Math.min(SHOWN_UNREAD_MAX, Math.max(SHOWN_ITEMS, conversation.unread + 2)));
    conversation.markRead();
  }

  /** Opens what will be a chat with the first message. */
  enterChatWith(username: string): void {
    this.#open = { kind: 'person', username };
    this.#feed = null;
    this.#screen.print([strong(`== ${username} ==`), dim(' the first message begins the chat')]);
  }

  leave(): void {
    this.#open = { kind: 'nothing' };
    this.#feed = null;
  }

  /** Throws ParleyError if it can never be sent. */
  send(content: string): void {
    if (this.#open.kind !== 'person') return void this.conversation.send(content);
    const outgoing = this.#me.client.sendTo(this.#open.username, content);
    if (this.#me.client.state !== 'live') this.#screen.print(waitingRow(outgoing));
  }

  sayTyping(): void {
    if (this.#open.kind === 'conversation') this.#open.conversation.sayTyping();
  }

  /** Something of a conversation has changed: prints what is new, if it is open here. */
  changed(conversation: Conversation): void {
    if (this.#open.kind === 'person' && conversation === this.#me.client.chatWith(this.#open.username)) {
      // What could not be fetched now is fetched with the next connection all the same.
      this.#begin(conversation).catch(() => undefined);
    }
    if (!this.has(conversation) || this.#feed === null) return;
    for (const { item, isChange } of this.#feed.take(this.#visible(conversation))) {
      const row = this.#row(item, conversation);
      this.#screen.print(isChange ? [dim('✎ '), ...spansOf(row)] : row);
    }
    conversation.markRead();
  }

  /** Prints the last so many items again. */
  showEnd(count: number): void {
    const { conversation } = this;
    const items = this.#visible(conversation);
    this.#feed = new Feed();
    this.#feed.take(items);
    this.#print(items.slice(-count), conversation);
    if (conversation.timeline.hasOlder || items.length > count) this.#screen.print(dim('· /older shows what was before'));
  }

  /** Prints what is above the topmost item on the screen; fetches it at need. */
  async older(): Promise<void> {
    const { conversation } = this;
    const isAbove = (item: TimelineItem) => 'seq' in item && item.seq < this.#topSeq;
    let above = this.#visible(conversation).filter(isAbove);
    while (above.length === 0 && (await conversation.timeline.loadOlder())) above = this.#visible(conversation).filter(isAbove);
    this.#feed?.take(this.#visible(conversation));
    if (above.length === 0) return this.#screen.print(dim('· that is all there is'));
    this.#print(above.slice(-SHOWN_ITEMS), conversation);
  }

  /** There is a chat with the person who is open: it has just begun, or only now there is a connection to know it by. */
  async #begin(conversation: Conversation): Promise<void> {
    if (conversation.lastSeq > 1) return this.enter(conversation);
    this.#open = { kind: 'conversation', conversation };
    this.#feed = new Feed();
    await conversation.timeline.open();
  }

  #print(items: readonly TimelineItem[], conversation: Conversation): void {
    const first = items.find((item) => 'seq' in item);
    if (first !== undefined && 'seq' in first) this.#topSeq = first.seq;
    const isUnread = (item: TimelineItem) =>
      item.kind === 'message' && item.seq > conversation.read && item.from !== this.#me.username;
    const firstUnread = items.find(isUnread);
    for (const item of items) {
      if (item === firstUnread) this.#screen.print(dim(`— ${conversation.unread} new —`));
      this.#screen.print(this.#row(item, conversation));
    }
  }

  /** One's own message on its way shows only while it has to wait: else it comes with its number at once. */
  #visible({ timeline }: Conversation): TimelineItem[] {
    const isLive = this.#me.client.state === 'live';
    return timeline.items.filter((item) => item.kind !== 'pending' || (!isLive && item.status !== 'failed'));
  }

  #row(item: TimelineItem, conversation: Conversation): Row {
    return timelineRow(item, conversation, this.#view);
  }

  get #view(): View {
    return { me: this.#me.username, width: this.#screen.width, now: Date.now() };
  }

  #heading(conversation: Conversation): Row {
    const { with: peer, memberCount } = conversation;
    const about = peer === null ? `${memberCount} members` : presenceText(this.#me.client.presence.of(peer), Date.now());
    return [strong(`== ${nameOf(conversation)} ==`), dim(` ${about}${conversation.blocked ? ', blocked' : ''}`)];
  }
}
