import type { Appended, Change, Entry, Send } from '../ports/log.js';
import type { Done } from './commands.js';

/* From an append and the place that it was given, the entries as a page would show them: nothing is read back. */

export function sentOf(send: Send, [seq, ordinal, createdAt, membersVersion, repeatedOf]: Done['send']): Appended {
  const { conversationId, senderId, messageId, content, clientId } = send;
  const entry: Entry = {
    conversationId,
    seq,
    ordinal,
    messageId: repeatedOf ?? messageId,
    kind: 'message',
    senderId,
    createdAt,
    content,
    detail: null,
    clientId,
    editedAt: null,
    deletedAt: null,
  };
  return { entries: [entry], membersVersion, repeated: repeatedOf !== null };
}

export function changedOf(
  { conversationId, actorId, entries }: Pick<Change, 'conversationId' | 'actorId' | 'entries'>,
  [firstSeq, ordinal, createdAt, membersVersion]: Done['change'],
): Appended {
  return {
    entries: entries.map(({ messageId, kind, content, detail }, index) => ({
      conversationId,
      seq: firstSeq + index,
      ordinal,
      messageId,
      kind,
      senderId: actorId,
      createdAt,
      content: content ?? '',
      detail: detail ?? null,
      clientId: null,
      editedAt: null,
      deletedAt: null,
    })),
    membersVersion,
    repeated: false,
  };
}
