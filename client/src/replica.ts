import type { ConversationSettings } from '@parley/protocol';
import type { Entry, Message } from './entries.js';
import { LocalLog } from './local-log.js';
import type { Page } from './pages.js';
import type { Range } from './ranges.js';
import { folded, type Cursors, type Summary } from './summary.js';

/**
 * This device's copy of one conversation: a summary that the server gave, the part of the log that is held, and the
 * summary as the later entries make it. No I/O and no clock.
 *
 * Guarantee: `summary` equals what the server would give, as soon as there is no hole. Each entry counts once, however
 * often and in whatever order entries, pages and summaries come.
 */
export class Replica {
  #log = new LocalLog();
  readonly #me: string;
  /** Counts every entry up to its own lastSeq; entries above it are folded on top. */
  #base: Summary;
  #summary: Summary;
  /** From here on nothing may be missing: a hole at or above it is to be fetched. */
  #wantedFrom: number;
  /** The lowest seq that can be read; 1 until a page shows otherwise. */
  #floor = 1;
  #isOpen = false;
  /** Entries up to here are not news: they were there when this device first heard of the conversation. */
  #newsAfter: number;
  /** The highest that was news: what is sent once more below it, and was there before, is none. */
  #newsTo = 0;
  #receivedTo = 0;
  #isUnreadExact = true;
  #isReadTakenBack = false;

  /** `newsFrom`: from here on entries are news, and wanted; by default what comes after the summary. */
  constructor(summary: Summary, me: string, newsFrom: number = summary.lastSeq + 1) {
    this.#me = me;
    this.#base = summary;
    this.#summary = summary;
    this.#wantedFrom = newsFrom;
    this.#newsAfter = newsFrom - 1;
  }

  /** What is held of the log. */
  get log(): LocalLog {
    return this.#log;
  }

  get summary(): Summary {
    return this.#summary;
  }

  /** Whether its newest page was wanted; if so, it is kept complete from there on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The first seq of the unbroken part that ends at the newest entry. */
  get wantedFrom(): number {
    return this.#wantedFrom;
  }

  get hasOlder(): boolean {
    return !this.#isOpen || this.#wantedFrom > Math.max(this.#floor, this.#firstVisible);
  }

  /** Whether what is held begins with the first entry that can be read; there may be gaps after it. */
  get reachesStart(): boolean {
    const first = this.log.covered.list[0];
    if (first === undefined) return !this.hasOlder;
    return this.#isOpen && first.from <= Math.max(this.#floor, this.#firstVisible);
  }

  /** False if reading part of what is not held made the unread count a guess; the next summary settles it. */
  get isUnreadExact(): boolean {
    return this.#isUnreadExact;
  }

  /** What is missing and wanted, the oldest part first. */
  hole(): Range | null {
    return this.log.covered.firstHole(this.#wantedFrom, this.#summary.lastSeq);
  }

  /** The end of what this device has received without a gap: what may be acknowledged. */
  prefixEnd(): number {
    return this.log.covered.runEnd(Math.max(this.#base.delivered, this.#firstVisible - 1, this.#receivedTo) + 1);
  }

  /** What this device was told otherwise than by its entries: that much it has received. */
  received(upTo: number): void {
    this.#receivedTo = Math.max(this.#receivedTo, upTo);
  }

  /** Puts entries in their places; gives the messages among them that are news. So is what comes live beyond all news so far. */
  insert(entries: readonly Entry[], isLive: boolean): Message[] {
    const news: Message[] = [];
    for (const entry of entries) {
      const isNew = this.log.insert(entry);
      if (!isNew || entry.kind !== 'message') continue;
      if (entry.seq <= this.#newsAfter && !(isLive && entry.seq > this.#newsTo)) continue;
      this.#newsTo = Math.max(this.#newsTo, entry.seq);
      news.push(entry);
    }
    this.#refold();
    // As the log has them: an edit may have come before its message.
    return news.map((message) => this.log.message(message.id) ?? message);
  }

  /** Takes a history page. */
  insertPage(page: Page): Message[] {
    this.log.covered.add(page.from, page.to);
    if (page.floor !== null) this.#floor = Math.max(this.#floor, page.floor);
    return this.insert(page.entries, false);
  }

  /** The server's summary, in place of the one before. Entries that are held and later than it count on top. */
  replaceSummary(summary: Summary): void {
    const { delivered } = this.#base;
    const read = this.#isReadTakenBack ? 0 : this.#base.read;
    this.#isReadTakenBack = false;
    const peer = this.#base.kind === 'chat' ? this.#base.peer : null;
    this.#base = summary;
    this.#isUnreadExact = true;
    if (peer !== null) this.movePeer(peer);
    this.moveDelivered(delivered);
    if (read > summary.read) this.moveRead(read);
    this.#refold();
  }

  /** Goes on from the summary, without what came meanwhile: that is fetched when the conversation is opened. */
  skipMissed(): void {
    this.#wantedFrom = Math.max(this.#wantedFrom, this.#summary.lastSeq + 1);
  }

  /** The newest page is wanted, and everything after it. */
  open(): void {
    this.#isOpen = true;
  }

  /** Lets go of all entries, as if it had never been opened. False: something is missing that would not be counted later. */
  close(): boolean {
    if (this.hole() !== null) return false;
    this.received(this.prefixEnd());
    this.#base = this.#summary;
    this.#log = new LocalLog();
    this.#isOpen = false;
    this.#wantedFrom = this.#summary.lastSeq + 1;
    this.#newsAfter = this.#summary.lastSeq;
    return true;
  }

  /** What is complete up to the newest entry begins at `seq`, or earlier if what is below is held too. */
  wantFrom(seq: number): void {
    this.#wantedFrom = this.log.covered.runStart(seq);
    if (this.#wantedFrom > seq) this.#wantedFrom = seq;
  }

  moveDelivered(delivered: number): void {
    if (delivered <= this.#base.delivered) return;
    this.#base = { ...this.#base, delivered };
    this.#refold();
  }

  /** Moves one's own read cursor. `unread` is the server's count after it, used where entries are missing here. */
  moveRead(read: number, unread: number | null = null): void {
    if (read <= this.#base.read) return;
    const left = this.#unreadBetween(read, this.#base.lastSeq);
    // A count that came may be older or newer than what is known here of the log.
    if (left === null) this.#isUnreadExact = false;
    const guess = Math.min(this.#base.unread, unread ?? this.#unreadAtMost(read));
    this.#base = { ...this.#base, read, delivered: Math.max(read, this.#base.delivered), unread: left ?? guess };
    this.#refold();
  }

  /** The server would not have one's read cursor: the next summary's holds. */
  takeBackRead(): void {
    this.#isReadTakenBack = true;
  }

  /** The other's cursors, of a direct chat. False if they were there already. */
  movePeer(peer: Cursors): boolean {
    if (this.#base.kind !== 'chat') return false;
    const { delivered, read } = this.#base.peer;
    if (peer.delivered <= delivered && peer.read <= read) return false;
    this.#base = {
      ...this.#base,
      peer: { delivered: Math.max(delivered, peer.delivered), read: Math.max(read, peer.read) },
    };
    this.#refold();
    return true;
  }

  setBlocked(blocked: boolean): void {
    if (this.#base.kind !== 'chat') return;
    this.#base = { ...this.#base, blocked };
    this.#refold();
  }

  setSettings(settings: ConversationSettings): void {
    this.#base = { ...this.#base, settings };
    this.#refold();
  }

  /** Drops the oldest entries but `keep`, unless something is missing that would not be counted later. */
  trim(keep: number): void {
    if (this.log.entries.length <= keep || this.hole() !== null) return;
    const cut = this.log.trim(keep);
    if (cut === null) return;
    this.#wantedFrom = Math.max(this.#wantedFrom, cut + 1);
    this.#newsAfter = Math.max(this.#newsAfter, cut);
  }

  get #firstVisible(): number {
    return this.#base.kind === 'group' && this.#base.visibility === 'joined' ? this.#base.joinedSeq : 1;
  }

  /** Lets the base count what follows it without a gap, and folds what is beyond a gap on top. */
  #refold(): void {
    const next = this.#base.lastSeq + 1;
    const end = this.log.covered.runEnd(next);
    for (const entry of this.log.between(this.#base.lastSeq, end)) this.#base = folded(this.#base, entry, this.#me);
    if (end >= next) this.#base = { ...this.#base, lastSeq: end };
    this.#summary = this.log
      .between(this.#base.lastSeq, Number.MAX_SAFE_INTEGER)
      .reduce((summary, entry) => folded(summary, entry, this.#me), this.#base);
  }

  /** Messages of others with `after < seq ≤ upTo`; null if part of that is not held. */
  #unreadBetween(after: number, upTo: number): number | null {
    if (!this.log.covered.covers(after + 1, upTo)) return null;
    return this.log.between(after, upTo).filter((entry) => entry.kind === 'message' && entry.from !== this.#me).length;
  }

  #unreadAtMost(read: number): number {
    const message = this.log.messageAt(read);
    return message === null ? this.#base.unread : this.#base.ordinal - message.ordinal;
  }
}
