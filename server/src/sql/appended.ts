import type { Append, Appended, Change, Cursors, Entry, Send } from '../ports/log.js';

/* What a commit gives back, from what was asked for and what the database says of it: nothing is read again. */

/** Where entries came to stand: the first one's seq, the ordinal of all of them but messages, their time. */
export type Placed = [seq: number, ordinal: number, createdAt: number, membersVersion: number];

/** `repeatedOf`: the message id of the first send, if this is a repeated one. */
export function sentOf(send: Send, [seq, ordinal, createdAt, membersVersion]: Placed, repeatedOf: string | null): Appended {
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
  [firstSeq, ordinal, createdAt, membersVersion]: Placed,
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

/** A member's cursors after a move, and before it. */
export type MovedRow = readonly [delivered: number, read: number, unread: number, deliveredBefore: number, readBefore: number];

export function cursorsOf([delivered, read, unread, deliveredBefore, readBefore]: MovedRow): Cursors {
  const moved = delivered !== deliveredBefore || read !== readBefore;
  return { delivered, read, unread, moved, deliveredBefore, readBefore };
}

/** For whoever joined a move of the same member that waited: the first caller is told that it moved. */
export function joinedOf(cursors: Cursors | null): Cursors | null {
  return cursors && { ...cursors, moved: false, deliveredBefore: cursors.delivered, readBefore: cursors.read };
}

const NOT_STORABLE = 'text with a NUL character cannot be stored';

/** Throws for what is a fault of the caller. SQLite's binding would cut text at a NUL, and PostgreSQL refuses it. */
export function checkAppend(append: Append): void {
  if (append.kind === 'change' && append.entries.some((entry) => entry.kind === 'message')) {
    throw new TypeError('a message is appended as a send');
  }
  const text = append.kind === 'send' ? append.content : (append.revise?.content ?? '');
  if (text.includes('\0')) throw new TypeError(NOT_STORABLE);
}
