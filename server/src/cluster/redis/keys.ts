/** Channels of people are spread over this many slots, so that a subscriber names many of a slot in one command. */
const PARTITIONS = 256;
/** Enough that each master of a cluster has one. */
const EPOCHS = 16;
/** Spreads small numbers over all slots. */
const STRIDE = 7_919;

/**
 * Names of keys and channels. Everything of one server, person or conversation is in one slot; a command or script names
 * one key, so that a cluster takes them all.
 */
export class Keys {
  readonly #prefix: string;
  /** The servers: boot → its row. */
  readonly registry: string;
  readonly notices: string;
  /** What the servers tell of themselves: boot → JSON. */
  readonly numbers: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.registry = `${prefix}{servers}`;
    this.notices = `${prefix}{servers}:notices`;
    this.numbers = `${prefix}{servers}:numbers`;
  }

  stream(boot: string): string {
    return `${this.#prefix}stream:{${boot}}`;
  }

  /** Where a server hears what may be dropped. */
  ephemerals(boot: string): string {
    return `${this.#prefix}ephemerals:{${boot}}`;
  }

  directory(userId: string): string {
    return `${this.#prefix}at:{${userId}}`;
  }

  standing(userId: string): string {
    return `${this.#prefix}standing:{${userId}}`;
  }

  standingChannel(userId: string): string {
    return `${this.#prefix}standings:{${this.#tag(hash(userId) % PARTITIONS)}}:${userId}`;
  }

  userOfStandingChannel(channel: string): string {
    return channel.slice(channel.indexOf('}:') + 2);
  }

  /** What vanishes when its master loses its data. Alone, Redis has one. */
  epochs(isCluster: boolean): string[] {
    return Array.from({ length: isCluster ? EPOCHS : 1 }, (_, n) => `${this.#prefix}epoch:{${this.#tag(n)}}`);
  }

  limit(bucket: string, key: string): string {
    return `${this.#prefix}limit:${bucket}:${key}`;
  }

  page(conversationId: string): string {
    return `${this.#prefix}page:{${conversationId}}`;
  }

  session(sessionId: string): string {
    return `${this.#prefix}session:{${sessionId}}`;
  }

  /** One part of the existence filter, and the mark that it is complete, in one slot. */
  existence(part: number): { bits: string; complete: string } {
    const tag = `{${this.#tag(part)}}`;
    return { bits: `${this.#prefix}exists:${tag}`, complete: `${this.#prefix}exists:${tag}:complete` };
  }

  #tag(n: number): string {
    return String((n * STRIDE) % 65_536);
  }
}

/** FNV-1a, 32 bit. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
