import type { ConversationSettings, EventOf, Person } from '@parley/protocol';
import { Acks } from './acks.js';
import { Announcer } from './announcer.js';
import type { Bounds } from './bounds.js';
import type { Entry, Message } from './entries.js';
import { asParleyError, type ParleyError } from './errors.js';
import { GapFiller } from './gap-filler.js';
import type { People } from './people.js';
import { pageOf, type Page, type PageAsked } from './pages.js';
import { ReadMark } from './read-mark.js';
import { Replica } from './replica.js';
import type { Runtime } from './runtime.js';
import type { Cursors, Summary } from './summary.js';
import { TypingList } from './typing-list.js';
import type { Wire } from './wire.js';

export interface FollowerParts {
  runtime: Runtime;
  bounds: Bounds;
  wire: Wire;
  people: People;
  opened: () => void;
  me: string;
  autoAck: boolean;
  changed: () => void;
  /** A new message, once, in order. */
  message: (message: Message, isLive: boolean) => void;
  receipt: (username: string, cursors: Cursors) => void;
  /** A message of one's own was seen in the log. */
  confirmed: (message: Message) => void;
  /** Something here is a guess until the inbox is read again. */
  resync: () => void;
  failed: (error: ParleyError) => void;
}

/** Keeps this device's copy of one conversation up with the server: receives, fetches what is missing, acknowledges. */
export class Follower {
  readonly replica: Replica;
  readonly #parts: FollowerParts;
  readonly #typing: TypingList;
  readonly #announcer: Announcer;
  readonly #filler: GapFiller;
  readonly #acks: Acks;
  readonly #readMark: ReadMark;
  readonly #peers = new Map<string, Cursors>();
  #version = 0;
  /** The conversation was left, or the client is closed: what still comes is nobody's news. */
  #hasEnded = false;
  /** The newest page was fetched; from there on the log is kept complete. */
  #hasNewest = false;
  #opening: Promise<void> | null = null;
  #loadingOlder: Promise<boolean> | null = null;
  #loadingPart: Promise<boolean> | null = null;

  /** `newsFrom`: the first entry that is news to this device, and wanted. */
  constructor(summary: Summary, newsFrom: number, parts: FollowerParts) {
    const { runtime, bounds, wire } = parts;
    this.#parts = parts;
    this.replica = new Replica(summary, parts.me, newsFrom);
    this.#typing = new TypingList({ runtime, shownMs: bounds.typingShownMs, changed: () => this.touch() });
    const isLive = () => wire.isLive && !this.#hasEnded;
    const hole = () => this.replica.hole();
    this.#announcer = new Announcer({ hole: () => (this.#filler.hasGivenUp ? null : hole()), tell: parts.message });
    this.#filler = new GapFiller({
      runtime,
      bounds,
      isLive,
      hole,
      failed: parts.failed,
      fetch: async (asked, limit) => this.#take(await this.#fetch(asked, limit)),
      fetchNewest: () => this.#fetchNewest(),
      gaveUp: () => this.#announcer.flush(),
    });
    this.#acks = new Acks({
      runtime,
      bounds,
      isLive,
      delivered: () => this.replica.summary.delivered,
      prefixEnd: () => this.replica.prefixEnd(),
      send: (upTo) => wire.ask({ type: 'ACK', ...this.#target, upTo }),
      moved: (upTo) => this.#acknowledged(upTo),
    });
    this.#readMark = new ReadMark({
      runtime,
      isLive,
      delayMs: bounds.readDelayMs,
      send: (upTo) => wire.ask({ type: 'READ', ...this.#target, upTo }),
      moved: () => this.#settleUnread(),
      refused: () => this.#readRefused(),
    });
  }

  get summary(): Summary {
    return this.replica.summary;
  }

  /** Grows with every change of what is shown. */
  get version(): number {
    return this.#version;
  }

  get typing(): readonly string[] {
    return this.#typing.usernames;
  }

  /** Of a group: the cursors that were told, by username. */
  get peers(): ReadonlyMap<string, Cursors> {
    return this.#peers;
  }

  /** The server's summary. `skipsMissed`: what it counts and is not held is not fetched, unless the timeline is open. */
  take(summary: Summary, skipsMissed: boolean): void {
    this.replica.replaceSummary(summary);
    if (skipsMissed && !this.replica.isOpen) this.replica.skipMissed();
    // One's own READ that the server does not have yet: its answer settles the count.
    if (!this.#readMark.isPending) this.#settleUnread();
    this.#settle();
  }

  /** An entry that came live, or as the SUCCESS of one's own command. */
  receive(entry: Entry, origin: 'live' | 'own'): void {
    this.#insert([entry], true);
    // A SUCCESS and the entries before it come by different ways; what came live is late only if it is lost (R24).
    this.#settle(origin === 'own' ? this.#parts.bounds.overtakingMs : 0);
  }

  /** This device was told of a new group instead of each of its first entries, up to `lastSeq`: those are received. */
  welcome(lastSeq: number): void {
    this.replica.received(lastSeq);
  }

  receiveReceipts(receipts: EventOf<'RECEIPT'>['receipts']): void {
    for (const { username, delivered, read, unread } of receipts) {
      if (username === this.#parts.me) this.#ownCursors({ delivered, read }, unread ?? null);
      else if (this.#peerCursors(username, { delivered, read })) this.#parts.receipt(username, { delivered, read });
    }
    this.touch();
  }

  /** Cursors of members, as a list of them said, and how they want to be seen, if it did. */
  takeCursors(members: readonly (Cursors & Partial<Person> & { username: string })[]): void {
    const people = members.flatMap(({ username, displayName, colour }) =>
      displayName === undefined || colour === undefined ? [] : [{ username, displayName, colour }],
    );
    this.#parts.people.told([], people);
    for (const { username, delivered, read } of members) {
      if (username !== this.#parts.me) this.#peerCursors(username, { delivered, read });
    }
    this.touch();
  }

  receiveTyping(username: string): void {
    if (username !== this.#parts.me) this.#typing.add(username);
  }

  setBlocked(blocked: boolean): void {
    this.replica.setBlocked(blocked);
    this.touch();
  }

  setSettings(settings: ConversationSettings): void {
    this.replica.setSettings(settings);
    this.touch();
  }

  /** The connection is live again. */
  resumed(): void {
    this.#filler.reset();
    if (this.replica.isOpen && !this.#hasNewest) this.open().catch((error: unknown) => this.#failed(error));
    this.#settle();
    this.#readMark.flush();
  }

  lost(): void {
    this.#acks.lost();
    this.#readMark.cancel();
    this.#filler.cancel();
    this.#typing.clear();
  }

  /** Sends what is owed now: the client is about to close. */
  flush(): void {
    this.#readMark.flush();
    if (this.#parts.autoAck) this.#acks.flush();
  }

  /** Nothing happens any more: the conversation was left, or the client is closed. */
  end(): void {
    this.#hasEnded = true;
    this.lost();
  }

  /** Fetches the newest page, once; from then on the log is kept complete from there. */
  async open(): Promise<void> {
    this.replica.open();
    this.#parts.opened();
    this.#filler.reset();
    if (this.#hasNewest) return this.#filler.fill();
    this.#opening ??= this.#fetchNewest(this.replica.wantedFrom).finally(() => (this.#opening = null));
    await this.#opening;
  }

  /** Fetches the page below what is shown. False: there is none. */
  async loadOlder(): Promise<boolean> {
    if (!this.#hasNewest) await this.open();
    else {
      this.#loadingOlder ??= this.#fetchOlder().finally(() => (this.#loadingOlder = null));
      return this.#loadingOlder;
    }
    return this.replica.log.entries.length > 0;
  }

  /** Fetches the page around a seq, unless it is here. What is between it and the newest page is a gap. */
  async reveal(seq: number): Promise<void> {
    if (!this.#hasNewest) await this.open();
    if (seq < 1 || seq > this.summary.lastSeq || this.replica.log.covered.contains(seq)) return;
    const after = Math.floor(this.#parts.bounds.pageEntries / 2);
    this.#takeOlder(await this.#fetch({ kind: 'before', seq: Math.min(seq + after, this.summary.lastSeq) + 1 }));
  }

  /** Fetches a page beside what is held: the one below a seq, or the one above it. One at a time. */
  loadPart(asked: PageAsked): Promise<boolean> {
    this.#loadingPart ??= this.#fetch(asked)
      .then((page) => this.#takeOlder(page))
      .finally(() => (this.#loadingPart = null));
    return this.#loadingPart;
  }

  /** Lets go of the entries, unless something is under way; they are fetched again when it is opened. False: not now. */
  close(): boolean {
    const isBusy = this.#opening !== null || this.#loadingOlder !== null || this.#loadingPart !== null;
    if (isBusy || !this.replica.close()) return false;
    this.#hasNewest = false;
    this.touch();
    return true;
  }

  markRead(upTo: number): void {
    const target = Math.min(upTo, this.summary.lastSeq);
    if (target <= this.summary.read) return;
    this.replica.moveRead(target);
    this.#readMark.set(target);
    this.touch();
  }

  /** Something that is shown has changed. */
  touch(): void {
    if (this.#hasEnded) return;
    this.#version += 1;
    this.#parts.changed();
  }

  get #target() {
    const { kind, id } = this.summary;
    return kind === 'chat' ? { chatId: id } : { groupId: id };
  }

  async #fetch(asked: PageAsked, limit = this.#parts.bounds.pageEntries): Promise<Page> {
    const { kind, id } = this.summary;
    const part = { limit, ...(asked.kind !== 'newest' && { [asked.kind]: asked.seq }) };
    const { wire, people } = this.#parts;
    if (kind === 'chat') return pageOf(await wire.ask({ type: 'GET_ONE_TO_ONE_HISTORY', chatId: id, ...part }), asked);
    const reply = await wire.ask({ type: 'GET_GROUP_CHAT_HISTORY', groupId: id, ...part });
    people.told(namedIn(reply), reply.people);
    return pageOf(reply, asked);
  }

  /** `wanted`: from there on news is to come before what is on the page, and in order. */
  async #fetchNewest(wanted = Number.POSITIVE_INFINITY): Promise<void> {
    const page = await this.#fetch({ kind: 'newest' });
    this.#hasNewest = true;
    this.#take(page, () => this.replica.wantFrom(Math.min(wanted, page.to < page.from ? this.summary.lastSeq + 1 : page.from)));
  }

  async #fetchOlder(): Promise<boolean> {
    if (!this.replica.hasOlder) return false;
    return this.#takeOlder(await this.#fetch({ kind: 'before', seq: this.replica.wantedFrom }));
  }

  /** What is complete up to the newest entry may begin earlier now. False: nothing came. */
  #takeOlder(page: Page): boolean {
    const held = this.replica.log.entries.length;
    const { wantedFrom } = this.replica;
    this.replica.insertPage(page);
    const isNextToNewest = page.to >= page.from && page.to + 1 >= this.replica.wantedFrom;
    if (isNextToNewest) this.replica.wantFrom(page.from);
    this.#settle();
    // What is on the page may have come live before, and is shown without a gap only now.
    return this.replica.log.entries.length > held || this.replica.wantedFrom < wantedFrom;
  }

  #take(page: Page, placed: () => void = () => undefined): void {
    if (this.#hasEnded) return;
    const news = this.replica.insertPage(page);
    placed();
    this.#confirm(page.entries);
    this.#announcer.add(news, false);
    this.#settle();
  }

  #insert(entries: readonly Entry[], isLive: boolean): void {
    const news = this.replica.insert(entries, isLive);
    this.#confirm(entries);
    for (const { from } of news) this.#typing.remove(from);
    for (const entry of entries) {
      const isOut = entry.kind === 'event' && (entry.event === 'left' || entry.event === 'removed');
      if (isOut && entry.username !== null) this.#peers.delete(entry.username);
    }
    this.#announcer.add(news, isLive);
  }

  #confirm(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'message' && entry.clientMessageId !== null) this.#parts.confirmed(entry);
    }
  }

  /** After every change of what is held: closes gaps, acknowledges, forgets what is too much, and tells. */
  #settle(gapGraceMs = 0): void {
    this.replica.trim(this.#parts.bounds.timelineMaxEntries);
    this.#announcer.flush();
    this.#filler.fill(gapGraceMs);
    if (this.#parts.autoAck) this.#acks.consider();
    this.touch();
  }

  #acknowledged(upTo: number): void {
    this.replica.moveDelivered(upTo);
    this.touch();
  }

  #ownCursors({ delivered, read }: Cursors, unread: number | null): void {
    this.replica.moveDelivered(delivered);
    this.replica.moveRead(read, unread);
    this.#settleUnread();
  }

  #readRefused(): void {
    this.replica.takeBackRead();
    this.#parts.resync();
  }

  #settleUnread(): void {
    if (!this.replica.isUnreadExact) this.#parts.resync();
  }

  #peerCursors(username: string, cursors: Cursors): boolean {
    if (this.summary.kind === 'chat') return this.replica.movePeer(cursors);
    const known = this.#peers.get(username) ?? { delivered: 0, read: 0 };
    if (cursors.delivered <= known.delivered && cursors.read <= known.read) return false;
    this.#peers.set(username, {
      delivered: Math.max(known.delivered, cursors.delivered),
      read: Math.max(known.read, cursors.read),
    });
    return true;
  }

  #failed(reason: unknown): void {
    const error = asParleyError(reason, 'bad_reply');
    if (this.#parts.wire.isLive) this.#parts.failed(error);
  }
}

/** Everybody whom a page of a group names. */
function namedIn({ messages, events }: EventOf<'GROUP_CHAT_HISTORY'>): string[] {
  const whom = events.flatMap((event) => (event.type === 'GROUP_EVENT' && event.username !== undefined ? [event.username] : []));
  return [...messages, ...events].map(({ from }) => from).concat(whom);
}
