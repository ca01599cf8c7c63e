import type { Status } from '@parley/protocol';

/** How somebody is there, as one server sees it: with connections, all of them away or not. */
export interface Standing {
  away: boolean;
}

/**
 * How somebody who is followed stands elsewhere may have changed; null: anybody, read all again. `died`: a server on which
 * they stood is dead, and could not say that they left.
 */
export type StandingChanged = (userId: string | null, died: boolean) => void;

/**
 * What servers tell each other of who is there (P1). A change goes to the servers that follow the person, not to all;
 * what a dead server said ends with its lease. The invisible are not on the board.
 */
export interface PresenceBoard {
  /** Call once. */
  listen(changed: StandingChanged): void;
  /** How the user stands here; null: not here, or not to be seen. Kept alive until said otherwise. Never rejects. */
  put(userId: string, standing: Standing | null): void;
  /** From now on changes of these users are told. Resolves once none is missed; then read `elsewhere`. */
  follow(userIds: readonly string[]): Promise<void>;
  unfollow(userId: string): void;
  /** How these users stand on other servers: away only if on all of them. Those who are not there are left out. */
  elsewhere(userIds: readonly string[]): Promise<Map<string, Exclude<Status, 'offline'>>>;
}
