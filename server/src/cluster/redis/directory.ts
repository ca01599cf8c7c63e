import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import { OwnFields, type OwnFieldsParts } from './own-fields.js';
import type { Servers } from './servers.js';

export interface DirectoryParts extends Omit<OwnFieldsParts, 'keyOf'> {
  keys: Keys;
  servers: Servers;
}

/** Who is connected to which server (R8). */
export class Directory {
  readonly here: OwnFields;
  readonly #connections: RedisConnections;
  readonly #keys: Keys;
  readonly #servers: Servers;

  constructor({ keys, servers, ...parts }: DirectoryParts) {
    this.here = new OwnFields({ ...parts, keyOf: (userId) => keys.directory(userId) });
    this.#connections = parts.connections;
    this.#keys = keys;
    this.#servers = servers;
  }

  /** The live servers of each, read now; those who are nowhere are left out. Null: it cannot be read now. */
  async find(userIds: Iterable<string>): Promise<Map<string, string[] | null>> {
    const ids = [...userIds];
    const client = this.#connections.shared;
    // A part of a cluster may be down: that is no reason not to find the others.
    const listed = await Promise.all(ids.map((userId) => client.hkeys(this.#keys.directory(userId)).catch(() => null)));
    await this.#servers.know(new Set(listed.flatMap((boots) => boots ?? [])));
    const found = new Map<string, string[] | null>();
    for (const [index, userId] of ids.entries()) {
      const boots = listed[index] ?? null;
      const live = boots?.filter((boot) => this.#servers.isLive(boot)) ?? null;
      if (live === null || live.length > 0) found.set(userId, live);
      if (boots !== null && live !== null && live.length < boots.length) this.#sweep(userId, boots);
    }
    return found;
  }

  /** A boot that has ended never comes back under its name, so what it left can be deleted by anybody. */
  #sweep(userId: string, boots: readonly string[]): void {
    const dead = boots.filter((boot) => this.#servers.isDead(boot));
    // What fails goes with the next look, or with its time.
    if (dead.length > 0) this.#connections.shared.hdel(this.#keys.directory(userId), ...dead).catch(() => {});
  }
}
