import type { OfflineQueue, OfflineRow } from '../ports/offline.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

const PENDING = 'SELECT conversation_id, first_seq FROM offline_messages WHERE user_id = ? ORDER BY conversation_id LIMIT ?';
const SIZE = 'SELECT count(*) FROM offline_messages';
const ID_CHARS = 36;

/** The offline queue in SQLite; ACK moves its rows in the log's own commit (R22). */
export class EmbeddedOfflineQueue implements OfflineQueue {
  readonly #writer: Writer;
  readonly #reader: Reader;

  constructor(writer: Writer, reader: Reader) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async note(conversationId: string, userIds: string[], seq: number, at: number): Promise<void> {
    if (userIds.length === 0) return;
    await this.#writer.submit(['note', conversationId, JSON.stringify(userIds), seq, at], userIds.length * ID_CHARS);
  }

  async pending(userId: string, limit: number): Promise<OfflineRow[]> {
    const rows = await this.#reader.rows<[string, number]>(PENDING, [userId, limit]);
    return rows.map(([conversationId, firstSeq]) => ({ userId, conversationId, firstSeq }));
  }

  async size(): Promise<number> {
    return (await this.#reader.row<[number]>(SIZE, []))?.[0] ?? 0;
  }

  async rebuild(userId: string, at: number): Promise<void> {
    await this.#writer.submit(['rebuild', userId, at]);
  }
}
