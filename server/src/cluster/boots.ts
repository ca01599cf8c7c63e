import type { Fleet } from '../ports/fleet.js';
import type { PresenceBoard, StandingChanged } from '../ports/presence-board.js';
import type { Relay, RelayListener } from '../ports/relay.js';
import type { SharedLimits } from '../ports/shared-limits.js';
import type { RedisNode } from './redis/open.js';

type Moved = Parameters<SharedLimits['listen']>[0];

/**
 * One server through its boots. When the others took it for dead, as after a long stop of the process, it goes on under
 * a new id: its connections come again, and what was under the old id is not touched any more (R10).
 */
export class Boots {
  readonly relay: Relay;
  readonly board: PresenceBoard;
  readonly limits: SharedLimits;
  readonly fleet: Fleet;
  readonly #open: (lost: () => void) => RedisNode;
  readonly #onError: (error: unknown) => void;
  #node: RedisNode;
  #listener: RelayListener | null = null;
  #changed: StandingChanged = () => undefined;
  #moved: Moved = () => undefined;
  #evicted = () => undefined as void;
  #isClosed = false;

  /** `open` makes a boot, which calls back when it is lost. */
  constructor(open: (lost: () => void) => RedisNode, onError: (error: unknown) => void) {
    this.#open = open;
    this.#onError = onError;
    this.#node = this.#next();
    this.relay = {
      listen: (listener) => (this.#listener = listener),
      here: (userId) => this.#node.relay.here(userId),
      gone: (userId) => this.#node.relay.gone(userId),
      forward: (hint) => this.#node.relay.forward(hint),
      ephemeral: (...what) => this.#node.relay.ephemeral(...what),
      notify: (notice) => this.#node.relay.notify(notice),
    };
    this.board = {
      listen: (changed) => (this.#changed = changed),
      put: (userId, standing) => this.#node.board.put(userId, standing),
      follow: (userIds) => this.#node.board.follow(userIds),
      unfollow: (userId) => this.#node.board.unfollow(userId),
      elsewhere: (userIds) => this.#node.board.elsewhere(userIds),
    };
    this.limits = {
      listen: (moved) => (this.#moved = moved),
      note: (taken) => this.#node.limits.note(taken),
    };
    this.fleet = {
      tell: (numbers) => this.#node.fleet.tell(numbers),
      others: () => this.#node.fleet.others(),
    };
  }

  /** The present boot. */
  get node(): RedisNode {
    return this.#node;
  }

  onEvicted(run: () => void): void {
    this.#evicted = run;
  }

  /** Once everybody listens. */
  start(): Promise<void> {
    if (this.#listener !== null) this.#node.relay.listen(this.#listener);
    this.#node.board.listen(this.#changed);
    this.#node.limits.listen(this.#moved);
    return this.#node.start();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#node.close();
  }

  #next(): RedisNode {
    return this.#open(() => void this.#reboot().catch(this.#onError));
  }

  async #reboot(): Promise<void> {
    if (this.#isClosed) return;
    const lost = this.#node;
    this.#node = this.#next();
    this.#evicted();
    await Promise.all([this.start(), lost.close()]);
  }
}
