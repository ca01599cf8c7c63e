import type { ContactStore } from '../ports/conversations.js';
import type { Asker } from './asker.js';

/** The questions about who knows whom, as one of the databases has them; `$1` is the user. */
export interface ContactQuestions<Statement> {
  /** friend_id, username, conversation_id */
  friends: Statement;
  /** Of `$2`, several users: the id of each of whom it is true. */
  acquainted: Statement;
  blockedAmong: Statement;
  /** username, since */
  blocks: Statement;
  /** Several users as one parameter. */
  list: (userIds: string[]) => unknown;
}

/** Who knows whom, and who is blocked, in a database of SQL. */
export abstract class SqlContacts<Statement> implements ContactStore {
  readonly #asker: Asker<Statement>;
  readonly #questions: ContactQuestions<Statement>;

  constructor(asker: Asker<Statement>, questions: ContactQuestions<Statement>) {
    this.#asker = asker;
    this.#questions = questions;
  }

  abstract setBlock(...block: Parameters<ContactStore['setBlock']>): ReturnType<ContactStore['setBlock']>;

  async friends(userId: string): Promise<{ userId: string; username: string; conversationId: string }[]> {
    const rows = await this.#asker.rows<[string, string, string]>(this.#questions.friends, [userId]);
    return rows.map(([friendId, username, conversationId]) => ({ userId: friendId, username, conversationId }));
  }

  acquainted(userId: string, others: string[]): Promise<string[]> {
    return this.#among(this.#questions.acquainted, userId, others);
  }

  async blocks(blockerId: string): Promise<{ username: string; since: number }[]> {
    const rows = await this.#asker.rows<[string, number]>(this.#questions.blocks, [blockerId]);
    return rows.map(([username, since]) => ({ username, since }));
  }

  blockedAmong(userId: string, others: string[]): Promise<string[]> {
    return this.#among(this.#questions.blockedAmong, userId, others);
  }

  async #among(statement: Statement, userId: string, others: string[]): Promise<string[]> {
    if (others.length === 0) return [];
    const rows = await this.#asker.rows<[string]>(statement, [userId, this.#questions.list(others)]);
    return rows.map(([other]) => other);
  }
}

/** What `setBlock` gives, as both databases put it. */
export type BlockRow = [conversationId: string | null, blocked: boolean, changed: boolean];
export const blockOf = ([conversationId, blocked, changed]: BlockRow) => ({ conversationId, blocked, changed });
