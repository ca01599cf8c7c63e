import type { Entry, GroupEntry, Message } from './entries.js';
import type { ParleyError } from './errors.js';
import type { Follower } from './follower.js';
import type { Outgoing, OutgoingStatus } from './outgoing.js';
import type { Range } from './ranges.js';

/** Entries that are not held here; being fetched, or waiting to be asked for. Both ends included. */
export interface Gap extends Range {
  readonly kind: 'gap';
}

/** A message of one's own that is not confirmed yet, as it is now. */
export interface PendingMessage {
  readonly kind: 'pending';
  readonly clientMessageId: string;
  readonly content: string;
  /** Epoch milliseconds, by this device's clock. */
  readonly queuedAt: number;
  readonly status: OutgoingStatus;
  readonly error: ParleyError | null;
  readonly outgoing: Outgoing;
}

/** One line of a timeline. */
export type TimelineItem = Message | GroupEntry | Gap | PendingMessage;

/**
 * What a conversation shows: sorted by seq at every moment, each message once, gaps marked, one's own unconfirmed
 * messages last. The lists are new ones after a change and the same ones without.
 *
 * @example
 * await conversation.timeline.open();
 * for (const item of conversation.timeline.items) …
 */
export class Timeline {
  readonly #follower: Follower;
  readonly #pending: () => readonly Outgoing[];
  #version = -1;
  #items: readonly TimelineItem[] = [];
  /** What stands in the log, and of which log and summary that was. */
  #confirmed: readonly TimelineItem[] = [];
  #confirmedOf = '';
  #messages: readonly Message[] | null = [];

  /** Made by its conversation. */
  constructor(follower: Follower, pending: () => readonly Outgoing[]) {
    this.#follower = follower;
    this.#pending = pending;
  }

  /** Everything to show. */
  get items(): readonly TimelineItem[] {
    this.#refresh();
    return this.#items;
  }

  /** The confirmed messages alone. */
  get messages(): readonly Message[] {
    this.#refresh();
    this.#messages ??= this.#follower.replica.log.entries.filter((entry) => entry.kind === 'message');
    return this.#messages;
  }

  /** There may be more to read above. */
  get hasOlder(): boolean {
    return this.#follower.replica.hasOlder;
  }

  /** Whether it was opened: it is then kept complete, also over lost connections. */
  get isOpen(): boolean {
    return this.#follower.replica.isOpen;
  }

  /**
   * Fetches the newest page, unless it is here. Rejects with a retryable ParleyError without a connection; the page is
   * then fetched with the next one all the same.
   */
  open(): Promise<void> {
    return this.#follower.open();
  }

  /** Fetches the page above what is shown; fills the newest gap first. False: nothing came. Rejects with ParleyError. */
  loadOlder(): Promise<boolean> {
    return this.#follower.loadOlder();
  }

  /** Whether the first item is the first that can be read. Unlike `hasOlder` it does not care for gaps after it. */
  get reachesStart(): boolean {
    return this.#follower.replica.reachesStart;
  }

  /**
   * Brings an entry and what is around it, however far back it is; the gap up to the newest page stays until it is asked
   * for with `loadBefore` or `loadAfter`. Rejects with ParleyError.
   *
   * @example
   * await conversation.timeline.reveal(12); // what a link to the message points to
   */
  reveal(seq: number): Promise<void> {
    return this.#follower.reveal(seq);
  }

  /** Fetches the page that ends below `seq`, as above a gap. False: nothing came. Rejects with ParleyError. */
  loadBefore(seq: number): Promise<boolean> {
    return this.#follower.loadPart({ kind: 'before', seq });
  }

  /** Fetches the page that begins above `seq`, as below a gap. False: nothing came. Rejects with ParleyError. */
  loadAfter(seq: number): Promise<boolean> {
    return this.#follower.loadPart({ kind: 'after', seq });
  }

  /** For the client: lets go of the lists that it gave last. */
  release(): void {
    this.#version = -1;
    this.#items = [];
    this.#confirmed = [];
    this.#confirmedOf = '';
    this.#messages = [];
  }

  #refresh(): void {
    if (this.#version === this.#follower.version) return;
    this.#version = this.#follower.version;
    this.#refreshConfirmed();
    const pending = this.#pending();
    this.#items = pending.length === 0 ? this.#confirmed : [...this.#confirmed, ...pending.map(pendingOf)];
  }

  #refreshConfirmed(): void {
    const { log, isOpen, summary } = this.#follower.replica;
    const lastSeq = isOpen ? summary.lastSeq : 0;
    const of = `${log.version} ${lastSeq}`;
    if (of === this.#confirmedOf) return;
    this.#confirmedOf = of;
    this.#confirmed = withGaps(log.entries, gapsBetween(log.covered.list, lastSeq));
    this.#messages = null;
  }
}

function gapsBetween(ranges: readonly Range[], lastSeq: number): Gap[] {
  const gaps: Gap[] = [];
  ranges.forEach((range, index) => {
    const to = (ranges[index + 1]?.from ?? lastSeq + 1) - 1;
    if (range.to < to) gaps.push({ kind: 'gap', from: range.to + 1, to });
  });
  return gaps;
}

/** Entries and gaps by where they begin; revisions show in their targets. */
function withGaps(entries: readonly Entry[], gaps: readonly Gap[]): TimelineItem[] {
  const shown = entries.filter((entry) => entry.kind !== 'revision');
  if (gaps.length === 0) return shown;
  // Sorting keeps the order of what begins at one seq, and is linear on runs that are sorted already.
  const start = (item: Message | GroupEntry | Gap) => (item.kind === 'gap' ? item.from : item.seq);
  return [...shown, ...gaps].sort((a, b) => start(a) - start(b));
}

/** An unconfirmed message as a timeline shows it; for one to somebody with whom there is no conversation yet. */
export function pendingOf(outgoing: Outgoing): PendingMessage {
  const { clientMessageId, content, queuedAt, status, error } = outgoing;
  return { kind: 'pending', clientMessageId, content, queuedAt, status, error, outgoing };
}
