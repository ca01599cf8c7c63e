import type { Append, Appended, Change, CursorMove, Cursors, Entry, LogStore, Page, PageQuery, Send } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import { changedOf, checkAppend, cursorsOf, joinedOf, sentOf } from '../sql/appended.js';
import { fitting, wireBytes } from '../sql/fitting.js';
import { entryOf, type EntryRow } from '../sql/rows.js';
import type { ChangeCommand, CursorCommand, Done, EntryDraft, SendCommand } from './commands.js';
import { ENTRY_COLUMNS } from './entry-columns.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

const ENTRY = `SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_id = ?`;
const ENTRY_AT = `${ENTRY} AND e.seq = ?`;
const OLDEST_FIRST = `${ENTRY} AND e.seq BETWEEN ? AND ? ORDER BY e.seq LIMIT ?`;
const NEWEST_FIRST = `${ENTRY} AND e.seq BETWEEN ? AND ? ORDER BY e.seq DESC LIMIT ?`;

/** The log in SQLite: appends and cursors through the writer's batches, pages from the reader. */
export class EmbeddedLog implements LogStore {
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #runtime: Runtime;

  constructor(writer: Writer, reader: Reader, runtime: Runtime) {
    this.#writer = writer;
    this.#reader = reader;
    this.#runtime = runtime;
  }

  async append(append: Append): Promise<Appended> {
    checkAppend(append);
    return append.kind === 'send' ? this.#send(append) : this.#change(append);
  }

  /** Moves of one member that wait for the same batch are one command; the first caller is told that it moved. */
  async moveCursor({ conversationId, userId, delivered, read = -1 }: CursorMove): Promise<Cursors | null> {
    const key = `${conversationId} ${userId}`;
    const waiting = this.#writer.waiting(key);
    if (waiting !== undefined) {
      const command = waiting.command as CursorCommand;
      command[3] = Math.max(command[3], delivered);
      command[4] = Math.max(command[4], read);
      const moved = (await waiting.done) as Done['cursor'];
      return joinedOf(moved && cursorsOf(moved));
    }
    const moved = await this.#writer.submit(['cursor', conversationId, userId, delivered, read, this.#runtime.now()], 0, key);
    return moved && cursorsOf(moved);
  }

  async page(query: PageQuery): Promise<Page> {
    const { conversationId, from, to, before, after, limit } = query;
    const lowest = Math.max(from, 1, (after ?? 0) + 1);
    const highest = Math.min(to, (before ?? Infinity) - 1);
    const upwards = after !== undefined;
    const rows = await this.#reader.rows<EntryRow>(upwards ? OLDEST_FIRST : NEWEST_FIRST, [
      conversationId,
      lowest,
      highest,
      limit + 1,
    ]);
    const entries = fitting(rows, query, (row) => wireBytes(row[7], row[8]?.length ?? 0)).map(entryOf);
    const hasMore = entries.length < rows.length;
    if (!upwards) entries.reverse();
    // Seqs are dense: what lies between the first and the last of a page is in the page.
    return { entries, coversFrom: entries[0]?.seq ?? lowest, coversTo: entries.at(-1)?.seq ?? lowest - 1, hasMore };
  }

  async entry(conversationId: string, seq: number): Promise<Entry | null> {
    const row = await this.#reader.row<EntryRow>(ENTRY_AT, [conversationId, seq]);
    return row === undefined ? null : entryOf(row);
  }

  async #send(send: Send): Promise<Appended> {
    const { conversationId, senderId, messageId, content, clientId, at } = send;
    const command: SendCommand = ['send', conversationId, senderId, messageId, content, clientId, at];
    const [seq, ordinal, createdAt, membersVersion, repeatedOf] = await this.#writer.submit(command, content.length);
    return sentOf(send, [seq, ordinal, createdAt, membersVersion], repeatedOf);
  }

  async #change(change: Change): Promise<Appended> {
    const command = changeCommand(change);
    const chars = command[4].reduce((sum, [, , content, detail]) => sum + content.length + (detail?.length ?? 0), 0);
    return changedOf(change, await this.#writer.submit(command, chars));
  }
}

function changeCommand({ conversationId, actorId, membersVersion, entries, members, set, revise, at }: Change): ChangeCommand {
  return [
    'change',
    conversationId,
    actorId,
    membersVersion,
    entries.map(({ messageId, kind, content, detail }): EntryDraft => [
      messageId,
      kind,
      content ?? '',
      detail === undefined ? null : JSON.stringify(detail),
    ]),
    (members ?? []).map(({ userId, role, entry }) => [userId, role, entry]),
    set ?? null,
    revise === undefined ? null : [revise.seq, revise.messageId, revise.content],
    at,
  ];
}
