import type { Colour } from '@parley/protocol';

export interface Account {
  id: string;
  /** As the user wrote it; unique without case. */
  username: string;
  displayName: string | null;
  /** What they want to be drawn in; null: none was chosen. */
  colour: Colour | null;
  passwordHash: string;
  admin: boolean;
  invisible: boolean;
  /** When the user was last seen, epoch ms; null: never. */
  lastSeen: number | null;
  /** When it was closed for good, epoch ms; null: it is open. */
  closedAt: number | null;
  /** When an operator suspended it, epoch ms; null: it is not. */
  suspendedAt: number | null;
  createdAt: number;
}

export interface SessionRow {
  id: string;
  userId: string;
  createdAt: number;
  lastUsedAt: number;
  expiresAt: number;
  userAgent: string | null;
  address: string | null;
}

/** What is not given stays. */
export interface ProfileChange {
  displayName?: string | null;
  colour?: Colour | null;
  invisible?: boolean;
}

/** Who people are. Ids are the keys; a username belongs to one account for ever. */
export interface AccountStore {
  /** False: the username is, or was, taken. */
  create(account: Account): Promise<boolean>;
  byUsername(username: string): Promise<Account | null>;
  byUsernames(usernames: string[]): Promise<Account[]>;
  byIds(ids: string[]): Promise<Account[]>;
  /** By username ascending, without case; no closed ones. `after`: only those after this username. */
  search(prefix: string, limit: number, after?: string): Promise<Account[]>;
  setPassword(id: string, passwordHash: string): Promise<void>;
  setProfile(id: string, change: ProfileChange): Promise<void>;
  /** For good: nobody signs in to it, or finds it by searching. Name and id stay, for what it wrote; the rest goes. */
  close(id: string, at: number): Promise<void>;
  setAdmin(id: string, admin: boolean): Promise<void>;
  /** Null: not any more. Who is suspended already stays so since then. */
  setSuspended(id: string, at: number | null): Promise<void>;
  setLastSeen(seen: { userId: string; at: number }[]): Promise<void>;
}

/** A session, and how long that may be believed without asking again; without it, as long as the caller likes. */
export type HeldSession = SessionRow & { holdsMs?: number };

/** Logins. A session that is gone from here is dead: its token is refused and its sockets end. */
export interface SessionStore {
  create(session: SessionRow): Promise<void>;
  /** Null: ended, expired or never there. */
  get(id: string): Promise<HeldSession | null>;
  list(userId: string, now: number): Promise<SessionRow[]>;
  /** Ends one session of the user. False: there is none. */
  end(userId: string, id: string): Promise<boolean>;
  /** Ends all sessions of the user but one; gives the ids that ended. */
  endOthers(userId: string, keep: string | null): Promise<string[]>;
  /** Which of these hold no more. */
  endedAmong(ids: readonly string[]): Promise<string[]>;
  touch(id: string, at: number): Promise<void>;
  /** Deletes at most `limit` that expired before `now`; gives how many. */
  purge(now: number, limit: number): Promise<number>;
}
