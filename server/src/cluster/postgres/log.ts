import type { Append, Appended, Change, CursorMove, Cursors, Entry, LogStore, Page, PageQuery, Send } from '../../ports/log.js';
import { ChangeCall } from './change-call.js';
import type { Lanes } from './lanes.js';
import { MoveCall, moveKey } from './move-call.js';
import type { Pages } from './pages.js';
import { SendCall } from './send-call.js';

const NOT_STORABLE = 'text with a NUL character cannot be stored';

/** The log in PostgreSQL: appends and cursors through the lanes, pages from the journal and the archive. */
export class PostgresLog implements LogStore {
  readonly #lanes: Lanes;
  readonly #pages: Pages;

  constructor(lanes: Lanes, pages: Pages) {
    this.#lanes = lanes;
    this.#pages = pages;
  }

  append(append: Append): Promise<Appended> {
    return append.kind === 'send' ? this.#send(append) : this.#change(append);
  }

  async moveCursor(move: CursorMove): Promise<Cursors | null> {
    const waiting = this.#lanes.move(move.conversationId, moveKey(move.conversationId, move.userId));
    return waiting === undefined ? this.#lanes.submit((acceptedAt) => new MoveCall(move, acceptedAt)) : waiting.join(move);
  }

  page(query: PageQuery): Promise<Page> {
    return this.#pages.page(query);
  }

  entry(conversationId: string, seq: number): Promise<Entry | null> {
    return this.#pages.entry(conversationId, seq);
  }

  #send(send: Send): Promise<Appended> {
    if (!isStorable(send.content)) return Promise.reject(new TypeError(NOT_STORABLE));
    return this.#lanes.submit((acceptedAt) => new SendCall(send, acceptedAt));
  }

  async #change(change: Change): Promise<Appended> {
    if (change.entries.some((entry) => entry.kind === 'message')) throw new TypeError('a message is appended as a send');
    if (!isStorable(change.revise?.content ?? '')) throw new TypeError(NOT_STORABLE);
    return this.#lanes.submit((acceptedAt) => new ChangeCall(change, acceptedAt));
  }
}

const isStorable = (text: string) => !text.includes('\0');
