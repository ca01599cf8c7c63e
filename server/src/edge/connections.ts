import type { CloseReason } from '@parley/protocol';
import type { Runtime, Timer } from '../ports/runtime.js';
import type { Connection } from './connection.js';

const TICK_MS = 1_000;

export interface HeartbeatOptions {
  /** Quiet for so long: a ping. */
  pingAfterS: number;
  /** No answer within this: the end. */
  timeoutS: number;
}

/** The live connections of this server: their heartbeat, their count, and their common end. */
export class Connections {
  readonly #runtime: Runtime;
  readonly #heartbeat: HeartbeatOptions;
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, number>();
  readonly #byUser = new Map<string, number>();
  #timer: Timer | null = null;

  constructor(runtime: Runtime, heartbeat: HeartbeatOptions) {
    this.#runtime = runtime;
    this.#heartbeat = heartbeat;
  }

  start(): void {
    this.#timer ??= this.#runtime.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  get size(): number {
    return this.#all.size;
  }

  ofAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  ofUser(userId: string): number {
    return this.#byUser.get(userId) ?? 0;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    count(this.#byAddress, connection.address, 1);
    count(this.#byUser, connection.userId, 1);
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    count(this.#byAddress, connection.address, -1);
    count(this.#byUser, connection.userId, -1);
  }

  /** Ends the connections of these sessions. */
  endSessions(sessionIds: readonly string[], reason: CloseReason): void {
    const ended = new Set(sessionIds);
    for (const connection of this.#all) if (ended.has(connection.caller.sessionId)) connection.close(reason);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#all.values();
  }

  /** One pass over all of them, each second: no timer of its own for any. */
  #tick(): void {
    const { pingAfterS, timeoutS } = this.#heartbeat;
    const now = this.#runtime.now();
    for (const connection of this.#all) connection.tick(now, pingAfterS, pingAfterS + timeoutS);
  }
}

function count(map: Map<string, number>, key: string, by: number): void {
  const next = (map.get(key) ?? 0) + by;
  if (next > 0) map.set(key, next);
  else map.delete(key);
}
