import type { Entry } from '../../ports/log.js';
import { entryOf } from '../../sql/rows.js';

/** The column `last_message` of a conversation. */
type LastMessage = [
  seq: number,
  ordinal: number,
  messageId: string,
  senderId: string,
  createdAt: number,
  content: string,
  clientId: string | null,
  editedAt: number | null,
  deletedAt: number | null,
];

export function lastMessageOf(conversationId: string, json: string | null): Entry | null {
  if (json === null) return null;
  const [seq, ordinal, messageId, senderId, createdAt, content, ...rest] = JSON.parse(json) as LastMessage;
  return entryOf([conversationId, seq, ordinal, messageId, 'message', senderId, createdAt, content, null, ...rest]);
}
