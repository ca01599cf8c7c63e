import type { ChatCommandInput, ErrorCode, EventOf } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/limits';
import { Backoff } from './backoff.js';
import type { Bounds } from './bounds.js';
import { checkContent } from './content.js';
import type { Message } from './entries.js';
import { asParleyError, errorOf, ParleyError } from './errors.js';
import { Lane, type Item } from './lane.js';
import { keyOf, type OutboxStore, type StoredMessage, type Target } from './outbox-store.js';
import { Outgoing, type OutgoingOwner } from './outgoing.js';
import type { Runtime } from './runtime.js';
import type { Lookup } from './sent-lookup.js';

const RETRY = { baseMs: 500, maxMs: 30_000 };
const DAY_MS = 86_400_000;
/** A day less than the server is sure to recognise a repeated clientMessageId. */
const RESEND_MAX_AGE_MS = (LIMITS.idempotencyDays - 1) * DAY_MS;
const STRAYS_MAX = 3;

export interface OutboxParts {
  store: OutboxStore;
  runtime: Runtime;
  bounds: Bounds;
  isLive: () => boolean;
  /** False: no open socket. */
  send: (command: ChatCommandInput) => boolean;
  /** The server and this side disagree about what was refused on this connection; a new one settles it. */
  restart: (reason: string) => void;
  /** Searches the log for a message of one's own. */
  lookUp: (stored: StoredMessage) => Promise<Lookup>;
  /** The server has the message, at its place. Gives the entry. */
  accepted: (stored: StoredMessage, success: EventOf<'SUCCESS'>) => Message | null;
  changed: (outgoing: Outgoing) => void;
  failed: (error: ParleyError) => void;
}

/**
 * What one has written and the server has not confirmed.
 *
 * - A message is kept in the store before it is first sent, with the id that it has for good.
 * - To one conversation messages are sent in order. When the server refuses one for now, nothing later is sent before
 *   it; when the connection is lost, all unconfirmed ones are sent again, in order, with their ids (D3, R4).
 * - A refusal that may pass is never a failure: it waits, and tries again. A definite one is, and waits for the user.
 * - What was written over six days ago and may have been sent is first searched for in the log: the server need not
 *   recognise its id any more.
 * - On each connection the store is read again, for tabs of one user may share it: what a closed tab left is sent, and
 *   what is gone from it, sent or taken back by another tab, is looked for in the log instead of being sent.
 */
export class Outbox implements OutgoingOwner {
  readonly #parts: OutboxParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #items = new Map<string, Item>();
  readonly #attempts = new Map<string, Item>();
  #lastAttempt = 0;
  #lastOrder = 0;
  #loading: Promise<void> | null = null;
  #isLoaded = false;
  /** How often the store is being read just now, and what was settled meanwhile: the store's answer may still have that. */
  #reading = 0;
  readonly #settledMeanwhile = new Set<string>();
  #isClosed = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Everything unconfirmed, failed ones included, in the order of writing. */
  get all(): readonly Outgoing[] {
    return [...this.#items.values()].sort((a, b) => a.stored.order - b.stored.order).map((item) => item.outgoing);
  }

  /** What is unconfirmed in one conversation, in order. */
  pending(target: Target): readonly Outgoing[] {
    return this.#lanes.get(keyOf(target))?.items.map((item) => item.outgoing) ?? [];
  }

  /** Reads what an earlier run left. Nothing is sent before. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Throws ParleyError at once if the content cannot be sent, or the outbox is full. */
  enqueue(target: Target, content: string): Outgoing {
    checkContent(content);
    const { runtime, bounds } = this.#parts;
    if (this.#isClosed) throw new ParleyError('closed', 'the client was closed');
    if (this.#items.size >= bounds.outboxMaxMessages) {
      throw new ParleyError('outbox_failed', `the outbox holds ${bounds.outboxMaxMessages} messages already`);
    }
    this.#lastOrder = Math.max(this.#lastOrder + 1, runtime.now());
    const queuedAt = runtime.now();
    const item = this.#itemFor({ clientMessageId: runtime.id(), target, content, queuedAt, order: this.#lastOrder });
    this.#laneOf(target).append(item);
    this.#parts.changed(item.outgoing);
    void this.#keep(item);
    return item.outgoing;
  }

  retry(outgoing: Outgoing): Outgoing {
    if (outgoing.status !== 'failed') throw new Error(`only a failed message is retried; this one is ${outgoing.status}`);
    const again = this.enqueue(outgoing.target, outgoing.content);
    void this.discard(outgoing);
    return again;
  }

  async discard(outgoing: Outgoing): Promise<boolean> {
    const item = this.#items.get(outgoing.clientMessageId);
    if (item === undefined || (outgoing.status !== 'failed' && item.wasSent)) return false;
    this.#forget(item);
    outgoing.become({ status: 'discarded', error: new ParleyError('discarded', 'the message was taken back') });
    this.#parts.changed(outgoing);
    await this.#unkeep(item);
    return true;
  }

  /** The connection is live: reads the store again, and sends what waits. */
  live(): void {
    this.#isLoaded = false;
    void this.#load();
  }

  /** The connection is gone: what was not answered is sent again on the next. */
  lost(): void {
    for (const item of this.#attempts.values()) this.#unsend(item);
  }

  /** Nothing is sent any more; the store keeps what is unconfirmed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lane of this.#lanes.values()) lane.resume();
    await this.#parts.store.close?.().catch((reason: unknown) => this.#storeFailed(reason));
  }

  /** True if the event answers a message of this outbox. */
  answer(event: EventOf<'SUCCESS'> | EventOf<'ERROR'>): boolean {
    const { requestId, clientMessageId } = event;
    const attempted = requestId === undefined ? undefined : this.#attempts.get(requestId);
    const item = attempted ?? (clientMessageId === undefined ? undefined : this.#items.get(clientMessageId));
    if (item === undefined) return false;
    if (event.type === 'SUCCESS') this.#accepted(item, event);
    // A refusal of an attempt that was given up says nothing about the one under way.
    else if (requestId === undefined || attempted !== undefined) this.#refused(item, errorOf(event));
    return true;
  }

  /** The log shows that the server has this message. */
  confirm(message: Message): void {
    const item = message.clientMessageId === null ? undefined : this.#items.get(message.clientMessageId);
    if (item !== undefined) this.#settle(item, message);
  }

  async #load(): Promise<void> {
    try {
      const kept = await this.#kept();
      const news = kept.filter((stored) => !this.#items.has(stored.clientMessageId));
      for (const key of new Set(news.map((stored) => keyOf(stored.target)))) {
        const own = news.filter((stored) => keyOf(stored.target) === key);
        this.#laneAt(key).merge(own.map((stored) => this.#restored(stored)));
      }
      this.#lastOrder = Math.max(this.#lastOrder, ...kept.map((stored) => stored.order));
      this.#findGone(kept);
    } catch (error) {
      this.#parts.failed(asParleyError(error, 'outbox_failed'));
    }
    this.#isLoaded = true;
    this.#pumpAll();
  }

  async #kept(): Promise<StoredMessage[]> {
    this.#reading += 1;
    try {
      const listed = await this.#parts.store.list();
      return listed.filter((stored) => !this.#settledMeanwhile.has(stored.clientMessageId));
    } finally {
      this.#reading -= 1;
      if (this.#reading === 0) this.#settledMeanwhile.clear();
    }
  }

  #findGone(kept: readonly StoredMessage[]): void {
    const ids = new Set(kept.map((stored) => stored.clientMessageId));
    for (const item of this.#items.values()) {
      if (!item.isRestored || ids.has(item.stored.clientMessageId)) continue;
      if (item.outgoing.status === 'failed') this.#drop(item);
      else item.isGone = true;
    }
  }

  #restored(stored: StoredMessage): Item {
    const item = this.#itemFor(stored, true);
    item.isKept = true;
    item.wasSent = true;
    if (stored.refusal !== undefined) {
      const error = new ParleyError(stored.refusal.code as ErrorCode, stored.refusal.message, { retryable: false });
      item.outgoing.become({ status: 'failed', error });
    }
    this.#parts.changed(item.outgoing);
    return item;
  }

  #itemFor(stored: StoredMessage, isRestored = false): Item {
    const outgoing = new Outgoing(stored, this);
    const [isKept, wasSent, isGone, isChecked] = [false, false, false, false];
    const item: Item = { stored, outgoing, isRestored, isKept, wasSent, isGone, isChecked, requestId: null };
    this.#items.set(stored.clientMessageId, item);
    return item;
  }

  async #keep(item: Item): Promise<void> {
    try {
      await this.#parts.store.put(item.stored);
    } catch (error) {
      return this.#fail(item, asParleyError(error, 'outbox_failed'));
    }
    item.isKept = true;
    this.#pump(this.#laneOf(item.stored.target));
  }

  #pumpAll(): void {
    for (const lane of this.#lanes.values()) this.#pump(lane);
  }

  #pump(lane: Lane): void {
    const { bounds, runtime } = this.#parts;
    while (this.#isLoaded && this.#parts.isLive() && this.#attempts.size < bounds.outboxTotalWindow) {
      const item = lane.next(bounds.outboxWindow);
      if (item === null) return;
      const isOld = runtime.now() - item.stored.queuedAt > RESEND_MAX_AGE_MS;
      if (item.isGone || (isOld && item.wasSent && !item.isChecked)) return void this.#check(lane, item);
      if (!this.#send(item)) return;
    }
  }

  #send(item: Item): boolean {
    const requestId = `m${++this.#lastAttempt}`;
    if (!this.#parts.send({ ...commandOf(item.stored), requestId })) return false;
    item.requestId = requestId;
    item.wasSent = true;
    this.#attempts.set(requestId, item);
    item.outgoing.become({ status: 'sending' });
    this.#parts.changed(item.outgoing);
    return true;
  }

  #unsend(item: Item): void {
    this.#endAttempt(item);
    item.outgoing.become({ status: 'queued' });
    this.#parts.changed(item.outgoing);
  }

  #endAttempt(item: Item): void {
    if (item.requestId !== null) this.#attempts.delete(item.requestId);
    item.requestId = null;
  }

  async #check(lane: Lane, item: Item): Promise<void> {
    lane.isChecking = true;
    const found = await this.#parts.lookUp(item.stored).catch((error: unknown) => asParleyError(error, 'bad_reply'));
    lane.isChecking = false;
    if (!this.#items.has(item.stored.clientMessageId)) return this.#pump(lane);
    if (found instanceof ParleyError) {
      if (found.retryable) return this.#pause(lane, found);
      if (item.isGone) return this.#drop(item);
      // No such chat, or not a member any more: sending will say so in its own words.
      item.isChecked = true;
    } else if (found.kind === 'found') return this.#settle(item, found.message);
    else if (item.isGone) return this.#drop(item);
    else if (found.kind === 'absent') item.isChecked = true;
    else return this.#fail(item, new ParleyError('unconfirmed', 'too far back in the log to say whether it was sent'));
    this.#pump(lane);
  }

  #accepted(item: Item, success: EventOf<'SUCCESS'>): void {
    const message = this.#parts.accepted(item.stored, success);
    if (message !== null) return this.#settle(item, message);
    this.#refused(item, new ParleyError('bad_reply', 'SUCCESS without the place of the message', { retryable: true }));
  }

  #settle(item: Item, message: Message): void {
    // Its SUCCESS puts it into the log here, and the log confirms it: that is once.
    if (!this.#items.has(item.stored.clientMessageId)) return;
    const lane = this.#laneOf(item.stored.target);
    lane.backoff.reset();
    lane.strays = 0;
    this.#forget(item);
    item.outgoing.become({ status: 'sent', message });
    this.#parts.changed(item.outgoing);
    void this.#unkeep(item);
    this.#pumpAfter(lane);
  }

  #refused(item: Item, error: ParleyError): void {
    const lane = this.#laneOf(item.stored.target);
    // The token ended; the message did not fail.
    const mayPass = error.retryable || error.code === 'not_authenticated';
    if (!mayPass) return this.#fail(item, error);
    const isStray = error.code === 'previous_failed' && lane.isFirst(item);
    // The server refuses what came after it too, until it sees this one again (R4).
    for (const later of lane.inFlightFrom(item)) this.#unsend(later);
    this.#pause(lane, error);
    lane.strays = isStray ? lane.strays + 1 : 0;
    if (lane.strays >= STRAYS_MAX) {
      lane.strays = 0;
      this.#parts.restart('refused for a message that is not there');
    }
  }

  #pause(lane: Lane, error: ParleyError): void {
    const delayMs = error.retryAfterMs ?? lane.backoff.next();
    lane.pauseWith(
      this.#parts.runtime.after(delayMs, () => {
        lane.resume();
        this.#pump(lane);
      }),
    );
  }

  #fail(item: Item, error: ParleyError): void {
    if (!this.#items.has(item.stored.clientMessageId)) return;
    this.#endAttempt(item);
    item.outgoing.become({ status: 'failed', error });
    this.#parts.changed(item.outgoing);
    if (item.isKept) {
      const refusal = { code: error.code, message: error.message };
      this.#parts.store.put({ ...item.stored, refusal }).catch((reason: unknown) => this.#storeFailed(reason));
    }
    this.#pumpAfter(this.#laneOf(item.stored.target));
  }

  /** Another tab settled it, and what became of it is not in the log. */
  #drop(item: Item): void {
    this.#forget(item);
    item.outgoing.become({ status: 'discarded', error: new ParleyError('discarded', 'taken back in another tab') });
    this.#parts.changed(item.outgoing);
    this.#pumpAfter(this.#laneOf(item.stored.target));
  }

  #forget(item: Item): void {
    this.#endAttempt(item);
    this.#items.delete(item.stored.clientMessageId);
    if (this.#reading > 0) this.#settledMeanwhile.add(item.stored.clientMessageId);
    this.#laneOf(item.stored.target).remove(item);
  }

  // What could not be removed is sent again after a restart, and is one message all the same.
  async #unkeep(item: Item): Promise<void> {
    await this.#parts.store.remove(item.stored.clientMessageId).catch((reason: unknown) => this.#storeFailed(reason));
  }

  #storeFailed(reason: unknown): void {
    this.#parts.failed(asParleyError(reason, 'outbox_failed'));
  }

  /** Room in the window: this lane goes on, and the others if the total was what held them. */
  #pumpAfter(lane: Lane): void {
    this.#pump(lane);
    if (this.#attempts.size === this.#parts.bounds.outboxTotalWindow - 1) this.#pumpAll();
  }

  #laneOf(target: Target): Lane {
    return this.#laneAt(keyOf(target));
  }

  #laneAt(key: string): Lane {
    const lane = this.#lanes.get(key) ?? new Lane(new Backoff(() => this.#parts.runtime.random(), RETRY));
    this.#lanes.set(key, lane);
    return lane;
  }
}

function commandOf({ target, content, clientMessageId }: StoredMessage): ChatCommandInput {
  return target.kind === 'chat'
    ? { type: 'ONE_TO_ONE_CHAT', to: target.with, content, clientMessageId }
    : { type: 'GROUP_CHAT', groupId: target.groupId, content, clientMessageId };
}
