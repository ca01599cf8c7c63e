import type { AppendRefusal } from '../ports/log.js';
import type { MovedRow, Placed } from '../sql/appended.js';
import type { Value } from './sqlite.js';

/*
 * What goes to the writer thread and comes back. Tuples, because they cross between threads at half the price of
 * objects; times come in with the commands, so that the thread has no clock of its own.
 */

export type SendCommand = [
  op: 'send',
  conversationId: string,
  senderId: string,
  messageId: string,
  content: string,
  clientId: string | null,
  at: number,
];
/** `read` below 0: only the delivered cursor moves. */
export type CursorCommand = [op: 'cursor', conversationId: string, userId: string, delivered: number, read: number, at: number];
export type EntryDraft = [messageId: string, kind: string, content: string, detailJson: string | null];
/** `role` null takes the member out; `entry` is the index of the draft whose seq it takes effect at. */
export type MemberDraft = [userId: string, role: string | null, entry: number];
export type Settings = { name?: string; access?: string; visibility?: string; closed?: boolean };
export type Revision = [seq: number, messageId: string, content: string | null];
export type ChangeCommand = [
  op: 'change',
  conversationId: string,
  actorId: string,
  membersVersion: number,
  entries: EntryDraft[],
  members: MemberDraft[],
  set: Settings | null,
  revise: Revision | null,
  at: number,
];
export type GroupCommand = [
  op: 'group',
  id: string,
  ownerId: string,
  name: string,
  access: string,
  visibility: string,
  entries: EntryDraft[],
  members: MemberDraft[],
  at: number,
];
export type DirectCommand = [op: 'direct', low: string, high: string, newId: string, at: number];
export type BlockCommand = [op: 'block', blockerId: string, blockedId: string, blocked: boolean, at: number];
export type NoteCommand = [op: 'note', conversationId: string, userIdsJson: string, seq: number, at: number];
export type RebuildCommand = [op: 'rebuild', userId: string, at: number];
export type PurgeCommand = [op: 'purge', before: number, limit: number];
export type SqlCommand = [op: 'sql', sql: string, parameters: readonly Value[]];
export type CheckCommand = [op: 'check', at: number];

export type Command =
  | SendCommand
  | CursorCommand
  | ChangeCommand
  | GroupCommand
  | DirectCommand
  | BlockCommand
  | NoteCommand
  | RebuildCommand
  | PurgeCommand
  | SqlCommand
  | CheckCommand;
export type Op = Command[0];

/** What each command gives when it is done. */
export interface Done {
  /** With the first send's message id if this is a repeated one. */
  send: [...Placed, repeatedOf: string | null];
  cursor: MovedRow | null;
  change: Placed;
  group: Placed;
  direct: [id: string, created: boolean] | null;
  block: [conversationId: string | null, blocked: boolean, changed: boolean];
  note: null;
  rebuild: null;
  purge: number;
  sql: { rows: Record<string, unknown>[]; changes: number };
  check: null;
}

/** A refusal's code, a fault, or what the command gives. */
export type Outcome<O extends Op = Op> = AppendRefusal | Error | Done[O];

/** Refusals by the store itself: they meet everything in line, so that nothing overtakes. */
export type StoreRefusal = Extract<AppendRefusal, 'storage_full' | 'storage_readonly' | 'overloaded'>;
export const isStoreRefusal = (outcome: Outcome | undefined): outcome is StoreRefusal =>
  outcome === 'storage_full' || outcome === 'storage_readonly' || outcome === 'overloaded';

/** To the writer thread: a batch, or the end. */
export type ToWriter = Command[] | 'close';
/** From it: each command's outcome, in order; a fault that ends the process; that it has opened or closed the file. */
export type FromWriter = Outcome[] | Error | 'open' | 'closed';

/** To the reader thread: statements with their parameters, and whether rows are wanted as objects. */
export type Read = [sql: string, parameters: readonly Value[], asObjects: boolean];
export type ToReader = Read[] | 'close';
/** From it: the rows of the oldest unanswered reads, in order. */
export type FromReader = (unknown[] | Error)[] | 'open' | 'closed';

/** What both threads are started with. */
export interface ThreadData {
  path: string;
}
