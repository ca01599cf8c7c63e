import { createHash } from 'node:crypto';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import type { Lease } from './lease.js';
import { Script } from './script.js';

/** One false `may exist` in a hundred. */
const BITS_PER_NAME = 10;
const HASHES = 7;
/** On a cluster; each with its own mark. */
const CLUSTER_PARTS = 16;
const BITS_MAX = 2 ** 32;

const ADD = new Script(`
for i = 1, #ARGV do redis.call('SETBIT', KEYS[1], ARGV[i], 1) end
return 1`);

/** The mark and the bits are read at once: they are lost together. */
const LOOK = new Script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 1 end
for i = 2, #ARGV do
  if redis.call('GETBIT', KEYS[1], ARGV[i]) == 0 then return 0 end
end
return 1`);

export interface ExistenceFilterParts {
  connections: RedisConnections;
  keys: Keys;
  lease: Lease;
  /** With more than these, it only says `may exist` more often. */
  expectedUsers: number;
}

/**
 * Names that may exist (R23): a Bloom filter in Redis. It says no only while it is complete, and while this is the very
 * Redis in which it was completed; anything else is a maybe.
 */
export class ExistenceFilter {
  readonly #parts: ExistenceFilterParts;
  readonly #count: number;
  readonly #bits: number;

  constructor(parts: ExistenceFilterParts) {
    this.#parts = parts;
    this.#count = countOf(parts.connections);
    this.#bits = Math.min(BITS_MAX, Math.ceil((parts.expectedUsers * BITS_PER_NAME) / this.#count));
  }

  /**
   * Resolves once the name may exist for all. Await it before the commit that makes it exist; if it rejects, refuse that
   * retryably: a name that is missing here would be denied on all servers.
   */
  async add(name: string): Promise<void> {
    const { bits, positions } = this.#placeOf(name);
    await ADD.run(this.#parts.connections.shared, bits, ...positions);
  }

  /** False: it surely does not. Never rejects. */
  async mayExist(name: string): Promise<boolean> {
    const { connections, lease } = this.#parts;
    if (!connections.isUp || lease.epoch === null) return true;
    const { bits, complete, positions } = this.#placeOf(name);
    try {
      return (await LOOK.runOn(connections.shared, [bits, complete], lease.epoch, ...positions)) !== 0;
    } catch {
      // Then the database is asked, as for a maybe.
      return true;
    }
  }

  /** Before all names are added. Null: not now. */
  begin(): string | null {
    return this.#parts.lease.epoch;
  }

  /** All names that existed at `begin` are added, and whoever makes a new one adds it first. False: begin again. */
  async complete(begun: string): Promise<boolean> {
    const { connections, keys, lease } = this.#parts;
    await lease.renew();
    if (lease.epoch !== begun) return false;
    await Promise.all(marksOf(connections, keys).map((mark) => connections.shared.set(mark, begun)));
    return true;
  }

  /** True: it may say no. */
  async isComplete(): Promise<boolean> {
    const { connections, keys, lease } = this.#parts;
    const values = await Promise.all(marksOf(connections, keys).map((mark) => connections.shared.get(mark)));
    return values.every((value) => value === lease.epoch);
  }

  /** Double hashing: k positions from two halves of one digest. */
  #placeOf(name: string): { bits: string; complete: string; positions: number[] } {
    const digest = createHash('md5').update(name).digest();
    const [a, b] = [digest.readUIntBE(0, 6), digest.readUIntBE(6, 6)];
    const step = b % this.#bits || 1;
    const positions = Array.from({ length: HASHES }, (_, i) => ((a % this.#bits) + i * step) % this.#bits);
    return { ...this.#parts.keys.existence(digest.readUInt32BE(12) % this.#count), positions };
  }
}

/** From now on it says no of nobody, until it is filled again: for when names come by another way than `add`. */
export async function doubtExistence(connections: RedisConnections, keys: Keys): Promise<void> {
  await Promise.all(marksOf(connections, keys).map((mark) => connections.shared.del(mark)));
}

const countOf = ({ isCluster }: RedisConnections) => (isCluster ? CLUSTER_PARTS : 1);

/** Where it says of each part that it is complete. */
function marksOf(connections: RedisConnections, keys: Keys): string[] {
  return Array.from({ length: countOf(connections) }, (_, part) => keys.existence(part).complete);
}
