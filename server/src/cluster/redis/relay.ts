import type { Meter } from '../../ports/meter.js';
import type { Hint, Notice, Relay, RelayListener } from '../../ports/relay.js';
import type { Runtime } from '../../ports/runtime.js';
import type { Channels } from './channels.js';
import type { RedisConnections } from './connect.js';
import { Directory } from './directory.js';
import { Ephemerals } from './ephemerals.js';
import type { HintEntry } from './hint-entry.js';
import { HintSender } from './hint-sender.js';
import type { Keys } from './keys.js';
import type { Lease } from './lease.js';
import { Notices } from './notices.js';
import type { Servers } from './servers.js';
import { StreamReader } from './stream-reader.js';

export interface RedisRelayParts {
  connections: RedisConnections;
  channels: Channels;
  keys: Keys;
  servers: Servers;
  lease: Lease;
  runtime: Runtime;
  meter: Meter;
  /** Of each server's stream; beyond it the oldest are cut off, and healed from the log. */
  streamMaxEntries: number;
  onError: (error: unknown) => void;
}

const NOBODY: RelayListener = { hint: () => {}, ephemeral: () => {}, notice: () => {}, doubt: () => {} };
const HERE = '';
/** So long a start waits for what may be dropped. */
const CHANNELS_MAX_MS = 1_000;

/** The way to the other servers through Redis: a stream for each of them, and channels for what may be dropped. */
export class RedisRelay implements Relay {
  readonly #parts: RedisRelayParts;
  readonly #directory: Directory;
  readonly #sender: HintSender;
  readonly #reader: StreamReader;
  readonly #ephemerals: Ephemerals;
  readonly #notices: Notices;
  #listener = NOBODY;
  /** The last entry of each sender. */
  readonly #counts = new Map<string, number>();

  constructor(parts: RedisRelayParts) {
    this.#parts = parts;
    const { lease, keys, servers } = parts;
    const common = { ...parts, boot: lease.boot };
    this.#directory = new Directory(parts);
    this.#sender = new HintSender({ ...common, directory: this.#directory, deliverHere: (hint) => this.#deliverHere(hint) });
    this.#reader = new StreamReader({
      ...parts,
      stream: keys.stream(lease.boot),
      deliver: (entry) => this.#deliver(entry),
      onGap: () => this.#listener.doubt(),
    });
    this.#ephemerals = new Ephemerals({ ...common, directory: this.#directory });
    this.#notices = new Notices(common);
    servers.onEnded((boots) => boots.forEach((boot) => this.#counts.delete(boot)));
  }

  listen(listener: RelayListener): void {
    this.#listener = listener;
  }

  /** Once the lease has been started: makes the stream, then tells the others. */
  async start(): Promise<void> {
    const { lease, channels, servers, onError } = this.#parts;
    lease.listen({ shaken: () => this.#listener.doubt() });
    channels.onGap(() => this.#listener.doubt());
    this.#directory.here.start();
    await channels.ready(CHANNELS_MAX_MS);
    await Promise.all([
      this.#reader.start(),
      this.#ephemerals.start((userIds, frame) => this.#listener.ephemeral(userIds, frame)),
      this.#notices.start(
        (notice) => this.#listener.notice(notice),
        () => void servers.refresh().catch(onError),
      ),
    ]);
    this.#notices.send({ kind: 'entered' });
  }

  here(userId: string): Promise<void> {
    this.#directory.here.set(userId, HERE);
    return this.#directory.here.written(userId);
  }

  gone(userId: string): void {
    this.#directory.here.delete(userId);
  }

  forward(hint: Hint): Promise<readonly string[]> {
    return this.#sender.send(hint);
  }

  /** An entry that a dead server left behind: to where its people are now, here too. */
  inherit(hint: Hint): Promise<readonly string[]> {
    // Every other server has had its own copy of an entry without a list.
    return hint.userIds === null ? Promise.resolve([]) : this.#sender.send(hint, true);
  }

  ephemeral(userIds: readonly string[], frame: Uint8Array): void {
    this.#ephemerals.send(userIds, frame);
  }

  notify(notice: Notice): void {
    this.#notices.send(notice);
  }

  /** Takes nothing any more; the directory is left as it is wanted. */
  async stop(): Promise<void> {
    await this.#directory.here.settled();
    await this.#reader.stop();
    this.#directory.here.stop();
  }

  /** Tells the others that this server has left the list. */
  ended(): void {
    this.#notices.send({ kind: 'ended' });
  }

  /** As if the process ended here. */
  abandon(): void {
    this.#reader.abandon();
    this.#directory.here.stop();
    this.#listener = NOBODY;
  }

  async #deliverHere(hint: Hint): Promise<void> {
    try {
      await this.#listener.hint(hint);
    } catch (error) {
      this.#parts.onError(error);
      this.#listener.doubt();
    }
  }

  #deliver({ from, count, hint }: HintEntry): void | Promise<void> {
    const before = this.#counts.get(from) ?? 0;
    // Who lost sight of this server for a while counts anew.
    if (count > before || count === 1) this.#counts.set(from, count);
    if (count > before + 1) this.#listener.doubt();
    return this.#listener.hint(hint);
  }
}
