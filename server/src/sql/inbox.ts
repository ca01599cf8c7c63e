import type { InboxItem, InboxQuery, InboxStore } from '../ports/conversations.js';
import type { Asker } from './asker.js';
import { OPENED_WIDTH, openedOf, type OpenedRow } from './rows.js';

/** The questions of an inbox, as one of the databases has them. */
export interface InboxQuestions<Statement, Last extends unknown[]> {
  /** Of user, since, the time and the id of the last item of the page before, and limit: `OPENED_COLUMNS`, peer, last message. */
  inbox: Statement;
  /** Of user and time: conversation_id. */
  leftSince: Statement;
  lastMessageOf: (conversationId: string, columns: Last) => InboxItem['lastMessage'];
}

type Peer = [movedAt: number, userId: string | null, delivered: number, read: number];
const PEER_WIDTH = 4;

/** Inboxes in a database of SQL; `Last`: the columns that the newest message comes from. */
export abstract class SqlInbox<Statement, Last extends unknown[]> implements InboxStore {
  readonly #asker: Asker<Statement>;
  readonly #questions: InboxQuestions<Statement, Last>;

  constructor(asker: Asker<Statement>, questions: InboxQuestions<Statement, Last>) {
    this.#asker = asker;
    this.#questions = questions;
  }

  abstract now(): Promise<number>;

  async inbox({ userId, since, after, limit }: InboxQuery): Promise<{ items: InboxItem[]; hasMore: boolean }> {
    const before = [after?.movedAt ?? Number.MAX_SAFE_INTEGER, after?.id ?? ''];
    const rows = await this.#asker.rows<[...OpenedRow, ...Peer, ...Last]>(this.#questions.inbox, [
      userId,
      since ?? 0,
      ...before,
      limit + 1,
    ]);
    return { items: rows.slice(0, limit).map((row) => this.#itemOf(row)), hasMore: rows.length > limit };
  }

  async leftSince(userId: string, since: number): Promise<string[]> {
    const rows = await this.#asker.rows<[string]>(this.#questions.leftSince, [userId, since]);
    return rows.map(([conversationId]) => conversationId);
  }

  #itemOf(row: [...OpenedRow, ...Peer, ...Last]): InboxItem {
    const [movedAt, peerId, delivered, read] = row.slice(OPENED_WIDTH, OPENED_WIDTH + PEER_WIDTH) as Peer;
    return {
      ...openedOf(row.slice(0, OPENED_WIDTH) as OpenedRow),
      movedAt,
      peer: peerId === null ? null : { userId: peerId, delivered, read },
      lastMessage: this.#questions.lastMessageOf(row[0], row.slice(OPENED_WIDTH + PEER_WIDTH) as Last),
    };
  }
}
