import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import { BLOCK_MS, type RedisConnections } from './connect.js';
import { decodeHint, fieldsOf, PoisonEntry, type HintEntry } from './hint-entry.js';
import type { Lease } from './lease.js';

export const GROUP = 'chat';
const READ_MAX_ENTRIES = 256;
/** Without the lease, or after a failure, it looks again after this. */
const PAUSE_MS = 100;
const STOP_MAX_MS = 3_000;
const SILENCE_MAX_MS = BLOCK_MS + 500;

export type StreamEntry = [id: string, fields: Buffer[] | null];

export interface StreamReaderParts {
  connections: RedisConnections;
  lease: Lease;
  runtime: Runtime;
  meter: Meter;
  stream: string;
  /** Resolves once the hint is with the connections concerned. */
  deliver: (entry: HintEntry) => void | Promise<void>;
  /** Entries may have been lost: the stream was not there. */
  onGap: () => void;
  onError: (error: unknown) => void;
}

/**
 * Reads this boot's stream: hands on each entry in order, and takes it off when it was handed on (R11). What was read
 * but not taken off, because a connection broke in between, is read again first.
 */
export class StreamReader {
  readonly #parts: StreamReaderParts;
  #isStopped = false;
  /** Read again from here what was read before; null: read what is new. */
  #pendingAfter: string | null = '0';
  #hasGroup = false;
  #lastHandled = '0-0';
  #handled: string[] = [];
  #isAcking = false;
  #running: Promise<void> | null = null;

  constructor(parts: StreamReaderParts) {
    this.#parts = parts;
  }

  /** Resolves once others can write to the stream, or it cannot be made now. */
  async start(): Promise<void> {
    this.#parts.lease.listen({
      shaken: () => {
        // A replica that took over may count from earlier.
        this.#lastHandled = '0-0';
        void this.#makeGroup().catch(this.#parts.onError);
      },
    });
    await this.#makeGroup().catch(this.#parts.onError);
    this.#running = this.#run();
  }

  /** Resolves when what was read has been handed on and, if possible, taken off. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#parts.connections.blocking.disconnect();
    // What is being handed over may hang on a store; then it stays on the stream, for others.
    await Promise.race([this.#running, this.#pause(STOP_MAX_MS)]);
    await this.#ack();
  }

  /** At once; what is under way is left. */
  abandon(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (!this.#mayRead()) await this.#pause();
        else await this.#readOnce();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  #mayRead(): boolean {
    return this.#parts.connections.isUp && this.#parts.lease.isHeld();
  }

  async #readOnce(): Promise<void> {
    if (!this.#hasGroup) await this.#makeGroup();
    const isAgain = this.#pendingAfter !== null;
    const entries = await this.#read(this.#pendingAfter ?? '>');
    if (isAgain) this.#pendingAfter = entries.at(-1)?.[0] ?? null;
    // It may have been stopped for a while between the two, and somebody else may have these entries by now.
    if (this.#isStopped || !this.#mayRead()) {
      // If nobody has, they are pending here.
      this.#pendingAfter = '0';
      return;
    }
    for (const [id, fields] of entries) {
      // No fields: it was taken off or trimmed while it was pending.
      const isNew = fields !== null && (!isAgain || isAfter(id, this.#lastHandled));
      if (isNew) await this.#handle(fields);
      if (isNew) this.#lastHandled = id;
      this.#handled.push(id);
    }
    void this.#ack();
  }

  async #read(after: string): Promise<StreamEntry[]> {
    const { connections, lease, runtime, stream } = this.#parts;
    const askedAt = runtime.monotonic();
    const reply: unknown = await connections.blocking.xreadgroupBuffer(
      ...(['GROUP', GROUP, lease.boot, 'COUNT', READ_MAX_ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', stream, after] as const),
    );
    if (reply === null && runtime.monotonic() - askedAt > SILENCE_MAX_MS) {
      // For ioredis a read that is not answered in time is one without entries. The answer may come yet, to nobody.
      connections.blocking.disconnect(true);
      throw new Error('the blocking connection to Redis has died');
    }
    const streams = (reply ?? []) as [Buffer, [Buffer, Buffer[] | null][]][];
    return (streams[0]?.[1] ?? []).map(([id, fields]) => [id.toString('latin1'), fields]);
  }

  async #handle(fields: Buffer[]): Promise<void> {
    for (const field of fieldsOf(fields)) {
      try {
        const handed = this.#parts.deliver(decodeHint(field));
        if (handed !== undefined) await handed;
      } catch (error) {
        if (error instanceof PoisonEntry) this.#parts.meter.count('hints_poisoned');
        else this.#parts.onGap();
        this.#parts.onError(error);
      }
    }
  }

  /** What has been handled while the last ones were acknowledged is acknowledged together. */
  async #ack(): Promise<void> {
    if (this.#isAcking) return;
    this.#isAcking = true;
    const { connections, lease, stream } = this.#parts;
    while (this.#handled.length > 0 && connections.isUp && lease.isHeld()) {
      const ids = this.#handled;
      this.#handled = [];
      try {
        // They are the oldest: everything before the next is taken off.
        await Promise.all([
          connections.shared.xack(stream, GROUP, ...ids),
          connections.shared.xtrim(stream, 'MINID', next(ids.at(-1) as string)),
        ]);
      } catch (error) {
        // They are pending still, and are read again.
        this.#pendingAfter = '0';
        this.#parts.onError(error);
        break;
      }
    }
    this.#isAcking = false;
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#isStopped) return;
    // What the lost answer held is pending now.
    this.#pendingAfter = '0';
    if (isWithoutStream(error)) {
      this.#hasGroup = false;
      this.#parts.onGap();
    } else {
      this.#parts.onError(error);
      await this.#pause();
    }
  }

  async #makeGroup(): Promise<void> {
    const { connections, stream } = this.#parts;
    if (!this.#mayRead()) return;
    try {
      await connections.shared.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
      this.#lastHandled = '0-0';
      this.#pendingAfter = '0';
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
    }
    this.#hasGroup = true;
  }

  #pause(ms = PAUSE_MS): Promise<void> {
    return new Promise((resolve) => void this.#parts.runtime.after(ms, resolve));
  }
}

/** All was deleted, before the read or during it. */
function isWithoutStream(error: unknown): boolean {
  return error instanceof Error && /^(NOGROUP|UNBLOCKED)/.test(error.message);
}

function next(id: string): string {
  const [ms, n] = id.split('-');
  return `${ms}-${Number(n) + 1}`;
}

/** Ids are `ms-n`. */
function isAfter(id: string, other: string): boolean {
  const [ms = 0, n = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherN = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && n > otherN);
}
