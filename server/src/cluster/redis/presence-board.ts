import type { Status } from '@parley/protocol';
import type { PresenceBoard, Standing, StandingChanged } from '../../ports/presence-board.js';
import type { Channels } from './channels.js';
import { OwnFields, type OwnFieldsParts } from './own-fields.js';
import type { Keys } from './keys.js';
import type { Servers } from './servers.js';

const ONLINE = 'o';
const AWAY = 'a';

export interface RedisPresenceBoardParts extends Omit<OwnFieldsParts, 'keyOf' | 'onWritten'> {
  channels: Channels;
  keys: Keys;
  servers: Servers;
}

/**
 * Who stands how on which server, and a channel for each person on which a server says that it has changed. When a
 * server dies, each of the others sees it in the registry, and tells by itself those who follow people of that server.
 */
export class RedisPresenceBoard implements PresenceBoard {
  readonly #parts: RedisPresenceBoardParts;
  readonly #own: OwnFields;
  #changed: StandingChanged = () => {};
  /** Those who are followed here, and the other servers on which they stood when last read. */
  readonly #followed = new Map<string, readonly string[]>();

  constructor(parts: RedisPresenceBoardParts) {
    this.#parts = parts;
    const { keys, servers } = parts;
    this.#own = new OwnFields({
      ...parts,
      keyOf: (userId) => keys.standing(userId),
      onWritten: (userIds) => this.#tell(userIds),
    });
    servers.onEnded((boots) => this.#ended(boots));
  }

  listen(changed: StandingChanged): void {
    this.#changed = changed;
  }

  start(): void {
    this.#own.start();
    this.#parts.channels.onGap(() => this.#changed(null, false));
    this.#parts.lease.listen({ shaken: () => this.#changed(null, false) });
  }

  put(userId: string, standing: Standing | null): void {
    if (standing === null) this.#own.delete(userId);
    else this.#own.set(userId, standing.away ? AWAY : ONLINE);
  }

  async follow(userIds: readonly string[]): Promise<void> {
    const { channels, keys } = this.#parts;
    const added = userIds.filter((userId) => !this.#followed.has(userId));
    for (const userId of added) this.#followed.set(userId, []);
    await channels.subscribe(
      added.map((userId) => keys.standingChannel(userId)),
      (from, channel) => {
        if (from.toString('latin1') !== this.#parts.lease.boot) this.#changed(keys.userOfStandingChannel(channel), false);
      },
    );
  }

  unfollow(userId: string): void {
    if (this.#followed.delete(userId)) this.#parts.channels.unsubscribe(this.#parts.keys.standingChannel(userId));
  }

  async elsewhere(userIds: readonly string[]): Promise<Map<string, Exclude<Status, 'offline'>>> {
    const { connections, keys, servers, lease } = this.#parts;
    const listed = await Promise.all(userIds.map((userId) => connections.shared.hgetall(keys.standing(userId))));
    await servers.know(new Set(listed.flatMap((fields) => Object.keys(fields))));
    const standing = new Map<string, Exclude<Status, 'offline'>>();
    for (const [index, userId] of userIds.entries()) {
      const fields = Object.entries(listed[index] ?? {}).filter(([boot]) => boot !== lease.boot);
      const live = fields.filter(([boot]) => servers.isLive(boot));
      if (this.#followed.has(userId)) {
        this.#followed.set(
          userId,
          live.map(([boot]) => boot),
        );
      }
      this.#sweep(userId, fields);
      if (live.length === 0) continue;
      standing.set(userId, live.every(([, value]) => value.endsWith(AWAY)) ? 'away' : 'online');
    }
    return standing;
  }

  /** Takes off everybody who is on the board through this server. */
  async stop(): Promise<void> {
    this.#own.deleteAll();
    await this.#own.settled();
    this.#own.stop();
  }

  /** As if the process ended here. */
  abandon(): void {
    this.#own.stop();
    this.#changed = () => {};
  }

  #tell(userIds: readonly string[]): void {
    const { channels, keys, lease } = this.#parts;
    for (const userId of userIds) channels.publish(keys.standingChannel(userId), lease.boot);
  }

  #ended(boots: readonly string[]): void {
    for (const [userId, stood] of this.#followed) {
      if (stood.some((boot) => boots.includes(boot))) this.#changed(userId, true);
    }
  }

  #sweep(userId: string, fields: readonly (readonly [string, string])[]): void {
    const { connections, keys, servers } = this.#parts;
    const dead = fields.map(([boot]) => boot).filter((boot) => servers.isDead(boot));
    // What fails goes with the next look, or with its time.
    if (dead.length > 0) connections.shared.hdel(keys.standing(userId), ...dead).catch(() => {});
  }
}
