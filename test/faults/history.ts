/* What a run wrote down, for the checkers. Times are milliseconds since its start. */

/** One message that somebody asked to send, and what came of it. */
export interface Sending {
  device: string;
  user: string;
  /** As the device names it: a user or a group. */
  to: string;
  clientMessageId: string;
  content: string;
  at: number;
  /** `info`: nobody knows whether it was sent. Never `fail` then. */
  outcome: 'ok' | 'fail' | 'info';
  endedAt: number | null;
  /** If it is `ok`. */
  place: { conversationId: string; seq: number; messageId: string } | null;
  /** If it is not. */
  code: string | null;
}

/** A message as a device has it. */
export interface Seen {
  messageId: string;
  seq: number;
  from: string;
  content: string;
  isDeleted: boolean;
}

/** A message came to be on a device: told once as new, or found in its timeline. */
export interface Shown extends Seen {
  how: 'told' | 'found';
  device: string;
  /** The how manieth start of the device it was. */
  life: number;
  user: string;
  conversationId: string;
  at: number;
}

/** Cursors of somebody, as a device was told them. */
export interface CursorsTold {
  device: string;
  life: number;
  user: string;
  conversationId: string;
  of: string;
  delivered: number;
  read: number;
  at: number;
}

/** An entry that was committed, in the order of the commits. */
export interface LogEntry {
  conversationId: string;
  seq: number;
  messageId: string;
  kind: string;
  senderId: string;
  from: string;
  clientId: string | null;
  content: string;
  /** joined, left, added, removed: whom it concerns, by username. */
  concerns: string | null;
  /** edit, delete: the seq of its target. */
  target: number | null;
  at: number;
}

/** A conversation, as it began. */
export interface Place {
  conversationId: string;
  kind: 'direct' | 'group';
  /** Direct only: the two, by username. */
  two: readonly string[];
  /** One of the two blocked the other, if only for a while. */
  wasBlocked: boolean;
}

/** What one device shows of one conversation in the end. */
export interface View {
  conversationId: string;
  summary: Readonly<Record<string, unknown>> & { unread: number; read: number; delivered: number; lastSeq: number };
  /** Oldest first. */
  messages: readonly Seen[];
  hasGap: boolean;
}
export interface FinalDevice {
  device: string;
  user: string;
  isLive: boolean;
  /** Messages that are still neither sent nor refused. */
  unsettled: number;
  views: readonly View[];
  /** Who is shown how, by username. */
  presence: Readonly<Record<string, string>>;
}

/** Cursors of a member in the store, in the end. */
export interface StoredCursors {
  conversationId: string;
  user: string;
  delivered: number;
  read: number;
}

/** A device started, knowing nothing but its outbox. */
export interface Start {
  user: string;
  at: number;
}

export interface History {
  starts: Start[];
  sendings: Sending[];
  shown: Shown[];
  cursors: CursorsTold[];
  log: LogEntry[];
  places: Place[];
  /** Devices that were there all the time, or again. */
  finals: FinalDevice[];
  /** For each user a device that has just come, and read everything. */
  fresh: FinalDevice[];
  stored: StoredCursors[];
  /** Who has a connection in the end, by username. */
  present: ReadonlySet<string>;
  /** What is left in queues that ought to be empty: how many, by name. */
  left: Readonly<Record<string, number>>;
  /** Faults that nobody foresaw, as servers told them. */
  faults: string[];
}

export const emptyHistory = (): History => ({
  starts: [],
  sendings: [],
  shown: [],
  cursors: [],
  log: [],
  places: [],
  finals: [],
  fresh: [],
  stored: [],
  present: new Set(),
  left: {},
  faults: [],
});
