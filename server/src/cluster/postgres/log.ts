import type { Append, Appended, CursorMove, Cursors, Entry, LogStore, Page, PageQuery } from '../../ports/log.js';
import { checkAppend } from '../../sql/appended.js';
import { ChangeCall } from './change-call.js';
import type { Lanes } from './lanes.js';
import { MoveCall, moveKey } from './move-call.js';
import type { Pages } from './pages.js';
import { SendCall } from './send-call.js';

/** The log in PostgreSQL: appends and cursors through the lanes, pages from the journal and the archive. */
export class PostgresLog implements LogStore {
  readonly #lanes: Lanes;
  readonly #pages: Pages;

  constructor(lanes: Lanes, pages: Pages) {
    this.#lanes = lanes;
    this.#pages = pages;
  }

  async append(append: Append): Promise<Appended> {
    checkAppend(append);
    return this.#lanes.submit((acceptedAt) =>
      append.kind === 'send' ? new SendCall(append, acceptedAt) : new ChangeCall(append, acceptedAt),
    );
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
}
