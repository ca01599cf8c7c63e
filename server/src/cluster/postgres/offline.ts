import type { OfflineQueue, OfflineRow } from '../../ports/offline.js';
import type { Asking, Statement } from './connections.js';

const NOTE: Statement = { name: 'note_missed', text: 'SELECT note_missed($1, $2, $3, $4)' };
const REBUILD: Statement = { name: 'rebuild_missed', text: 'SELECT rebuild_missed($1, $2)' };
const PENDING: Statement = {
  name: 'pending',
  text: 'SELECT conversation_id, first_seq FROM offline_messages WHERE user_id = $1 ORDER BY conversation_id LIMIT $2',
};
const SIZE: Statement = { name: 'offline_size', text: 'SELECT count(*) FROM offline_messages' };

/** The offline queue in PostgreSQL; ACK moves its rows in the log's own commit (R22). */
export class PostgresOfflineQueue implements OfflineQueue {
  readonly #connections: Asking;

  constructor(connections: Asking) {
    this.#connections = connections;
  }

  async note(conversationId: string, userIds: string[], seq: number, at: number): Promise<void> {
    if (userIds.length === 0) return;
    await this.#connections.rows(NOTE, [conversationId, userIds, seq, at]);
  }

  async pending(userId: string, limit: number): Promise<OfflineRow[]> {
    const rows = await this.#connections.rows<[string, number]>(PENDING, [userId, limit]);
    return rows.map(([conversationId, firstSeq]) => ({ userId, conversationId, firstSeq }));
  }

  async size(): Promise<number> {
    return (await this.#connections.row<[number]>(SIZE, []))?.[0] ?? 0;
  }

  async rebuild(userId: string, at: number): Promise<void> {
    await this.#connections.rows(REBUILD, [userId, at]);
  }
}
