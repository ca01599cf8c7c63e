import type { Tick } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Tables } from './postgres-tables.js';

/** What a planted bug may change of the database. */
export interface PostgresBugs {
  /** R2: looks before it has the locks. */
  looksBeforeLock?: boolean;
  /** D1: answers before the commit. */
  answersBeforeCommit?: boolean;
  /** D1: a crash of the database loses what it has just committed. */
  skipsSync?: boolean;
  /** R1: gives a seq again that it gave before. */
  reusesSeq?: boolean;
  /** A part of the journal goes though it is not archived. */
  dropsEarly?: boolean;
  /** R3: a client id is forgotten at once. */
  forgetsSends?: boolean;
  /** R20: an ACK acknowledges everything, also what is newer. */
  acknowledgesAll?: boolean;
  /** R6: a change is taken whatever it was checked against. */
  ignoresVersion?: boolean;
  /** One's own messages are not counted. */
  forgetsOwn?: boolean;
  /** R1: what became of a batch whose answer was lost is not found. */
  forgetsPlaced?: boolean;
  /** R21: a send moves the sender's read cursor. */
  readsOnSend?: boolean;
  /** R20: a cursor may go back. */
  cursorsGoBack?: boolean;
}

/** The newest message of each goes, so that its seq is given again. */
export function forgetLast(tables: Tables, { ids }: Tick): void {
  for (const id of ids) {
    const chat = tables.conversations.get(id);
    if (chat === undefined || chat.lastSeq < 2 || chat.lastMessageSeq !== chat.lastSeq) continue;
    tables.entries(id).delete(chat.lastSeq);
    chat.lastSeq -= 1;
    chat.lastOrdinal -= 1;
  }
}

/** Whatever a change was checked against is what there is. */
export function agree(tables: Tables, { changes }: Tick): void {
  for (const change of changes as { c: string; v?: number }[]) {
    const version = tables.conversations.get(change.c)?.membersVersion;
    if (change.v !== undefined && version !== undefined) change.v = version;
  }
}

/** What goes wrong of a tick that was carried out. */
export function misbehave(tables: Tables, bugs: PostgresBugs, { sends, moves }: Tick): void {
  for (const { c, u, d } of moves as { c: string; u: string; d: number }[]) {
    const row = tables.member(c, u);
    const chat = tables.conversations.get(c);
    if (bugs.acknowledgesAll === true && row !== undefined && chat !== undefined) row.delivered = chat.lastSeq;
    if (bugs.cursorsGoBack === true && row !== undefined && d > 0) row.delivered = Math.min(d, row.delivered);
  }
  for (const { c, s } of sends as { c: string; s: string }[]) {
    const own = tables.member(c, s);
    if (bugs.forgetsOwn === true && own !== undefined) own.sent = 0;
    if (bugs.readsOnSend !== true) continue;
    const [row, chat] = [tables.member(c, s), tables.conversations.get(c)];
    if (row === undefined || chat === undefined) continue;
    Object.assign(row, { read: chat.lastSeq, readOrdinal: chat.lastOrdinal, readSent: row.sent });
  }
}
