import type { Cluster } from 'ioredis';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';

const BATCH_MAX_CHANNELS = 512;
/** A subscription that has died writes nothing, so nothing else would show it. */
const PING_EVERY_MS = 2_000;
const GATHER_MS = 50;
/** While a node of a cluster is away, there is news of it again and again. */
const GATHER_IN_CLUSTER_MS = 2_000;

export interface ChannelsParts {
  connections: RedisConnections;
  runtime: Runtime;
  onError: (error: unknown) => void;
}

/**
 * What may be lost, from one server to others: publish and subscribe. On a cluster the channels are sharded: a message
 * goes to the one master that has the channel's slot, not to all.
 */
export class Channels {
  readonly #parts: ChannelsParts;
  /** Channel → who takes its messages. */
  readonly #takers = new Map<string, (message: Buffer, channel: string) => void>();
  readonly #subscribed = new Set<string>();
  readonly #onGap: (() => void)[] = [];
  /** Who waits for the first connection; null: there was one. */
  #onReady: (() => void)[] | null = [];
  #isReady = false;
  #timer: Timer | null = null;
  #again: Timer | null = null;

  constructor(parts: ChannelsParts) {
    this.#parts = parts;
    const client = parts.connections.subscriptions;
    const take = (channel: Buffer | string, message: Buffer) => {
      const name = String(channel);
      this.#takers.get(name)?.(message, name);
    };
    client.on(parts.connections.isCluster ? 'smessageBuffer' : 'messageBuffer', take);
    client.on('ready', () => this.#againSoon());
    client.on('close', () => (this.#isReady = false));
    // After a new shape of the cluster, or a new connection to one of its nodes. Before the first, `ready` is still to come.
    if (parts.connections.isCluster) client.on('subscribersReady', () => this.#isReady && this.#againSoon());
    this.#timer = parts.runtime.every(PING_EVERY_MS, () => this.#ping());
  }

  /** Messages may have been missed; everything is subscribed again by now. */
  onGap(listener: () => void): void {
    this.#onGap.push(listener);
  }

  /** Resolves when there is a connection, or after `maxMs` without one. */
  async ready(maxMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#onReady === null) return resolve();
      this.#onReady.push(resolve);
      this.#parts.runtime.after(maxMs, resolve);
    });
  }

  stop(): void {
    this.#again?.cancel();
    this.#timer?.cancel();
    this.#takers.clear();
  }

  /** What cannot go now is lost. */
  publish(channel: string, message: string | Buffer, lost?: () => void): void {
    const { connections, onError } = this.#parts;
    const { shared, isUp, isCluster } = connections;
    if (!isUp) return lost?.();
    const published = isCluster ? shared.spublish(channel, message) : shared.publish(channel, message);
    published.catch((error: unknown) => {
      onError(error);
      lost?.();
    });
  }

  /** Resolves once no message is missed, or when that cannot be now: then there is a gap once it can. Never rejects. */
  async subscribe(channels: readonly string[], take: (message: Buffer, channel: string) => void): Promise<void> {
    const added = channels.filter((channel) => !this.#subscribed.has(channel));
    for (const channel of channels) this.#takers.set(channel, take);
    if (this.#isReady) await this.#subscribe(added).catch(this.#parts.onError);
  }

  unsubscribe(channel: string): void {
    this.#takers.delete(channel);
    if (!this.#subscribed.delete(channel)) return;
    const { subscriptions, isCluster } = this.#parts.connections;
    const unsubscribed = isCluster ? subscriptions.sunsubscribe(channel) : subscriptions.unsubscribe(channel);
    unsubscribed.catch(this.#parts.onError);
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    const { subscriptions, isCluster } = this.#parts.connections;
    const batches = isCluster ? bySlot(channels) : [channels];
    const subscribed = batches.flatMap((batch) =>
      chunks(batch, BATCH_MAX_CHANNELS).map((some) =>
        isCluster ? subscriptions.ssubscribe(...some) : subscriptions.subscribe(...some),
      ),
    );
    await Promise.all(subscribed);
    for (const channel of channels) this.#subscribed.add(channel);
  }

  /** A cluster tells of one change several times. */
  #againSoon(): void {
    const { runtime, connections } = this.#parts;
    const gatherMs = connections.isCluster && this.#onReady === null ? GATHER_IN_CLUSTER_MS : GATHER_MS;
    this.#again ??= runtime.after(gatherMs, () => {
      this.#again = null;
      void this.#subscribeAll();
    });
  }

  /** On a cluster ioredis subscribes again by itself, and remembers twice what is subscribed twice. */
  async #subscribeAll(): Promise<void> {
    if (!this.#parts.connections.isCluster) this.#subscribed.clear();
    const channels = [...this.#takers.keys()];
    this.#isReady = true;
    try {
      await this.#subscribe(channels.filter((channel) => !this.#subscribed.has(channel)));
    } catch (error) {
      this.#parts.onError(error);
      this.#parts.connections.subscriptions.disconnect(true);
      return;
    }
    for (const resolve of this.#onReady ?? []) resolve();
    this.#onReady = null;
    if (channels.length > 0) for (const listener of this.#onGap) listener();
  }

  #ping(): void {
    const { subscriptions, isCluster } = this.#parts.connections;
    if (isCluster || !this.#isReady) return;
    (subscriptions as Exclude<typeof subscriptions, Cluster>).ping().catch(() => subscriptions.disconnect(true));
  }
}

/** One command names channels of one slot: those with the same tag. */
function bySlot(channels: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const channel of channels) {
    const tag = /\{(.+?)\}/.exec(channel)?.[1] ?? channel;
    const group = groups.get(tag);
    if (group === undefined) groups.set(tag, [channel]);
    else group.push(channel);
  }
  return [...groups.values()];
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let i = 0; i < items.length; i += size) all.push(items.slice(i, i + size));
  return all;
}
