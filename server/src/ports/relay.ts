/**
 * What goes to connections of other servers. It only makes delivery soon: what it loses is healed from the log (R9), so
 * nothing waits for it before a send is acknowledged.
 */

/** An entry of a log, framed and ready to send. */
export interface EntryHint {
  kind: 'entry';
  conversationId: string;
  seq: number;
  /** When it was made: of another time it is another entry (R5). */
  createdAt: number;
  /** The version of the members that it is for (R6). */
  membersVersion: number;
  senderId: string;
  frame: Uint8Array;
  /** For the sender's own devices, which also see the client id (R24). Made only if there are such elsewhere. */
  ownFrame: () => Uint8Array;
  /** Who gets it; null: every member of that version, for groups too large for a list (R12). */
  userIds: readonly string[] | null;
}

/** Any other event for these users. */
export interface EventHint {
  kind: 'event';
  frame: Uint8Array;
  userIds: readonly string[];
}

export type Hint = EntryHint | EventHint;

/** What every server is to know, at once if possible. */
export type Notice =
  | { kind: 'sessions_ended'; sessionIds: readonly string[] }
  /** Who is in the conversation, or may write to it, has changed. */
  | { kind: 'members_changed'; conversationId: string }
  /** How the user wants to be seen has changed. */
  | { kind: 'profile_changed'; userId: string }
  | PresenceNotice;

/** What decides who sees whom. */
export type PresenceNotice =
  | { kind: 'hidden'; userId: string; invisible: boolean; at: number }
  | { kind: 'befriended'; userId: string; otherId: string }
  | { kind: 'parted'; userId: string; otherId: string }
  | { kind: 'left_group'; userId: string };

/** Told of people whom something did not reach. */
export type Lost = (userIds: readonly string[]) => void;

/** What comes from other servers. */
export interface RelayListener {
  /** Resolves once it was handed to the connections concerned; only then is it taken off the stream (R11). */
  hint(hint: Hint): void | Promise<void>;
  ephemeral(userIds: readonly string[], frame: Uint8Array): void;
  notice(notice: Notice): void;
  /** Something may have been lost on the way: read from the log what has moved, now. */
  doubt(): void;
}

/** The way to the other servers. A server that is alone has none. */
export interface Relay {
  /** Call once, before anything else. */
  listen(listener: RelayListener): void;
  /** This server has a connection of the user: resolves once the others can see it. Call before state is read (R8). */
  here(userId: string): Promise<void>;
  /** This server has no connection of the user any more. */
  gone(userId: string): void;
  /**
   * Sends to the servers where these users are connected, in the order of the calls. The directory is read after the
   * call, never from a cache (R8). Resolves with those of `userIds` who are connected to no other server.
   */
  forward(hint: Hint): Promise<readonly string[]>;
  /** Like an event hint, for what may be dropped. `lost` is told of those whom it certainly does not reach. */
  ephemeral(userIds: readonly string[], frame: Uint8Array, lost?: Lost): void;
  notify(notice: Notice): void;
}
