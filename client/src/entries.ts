import type { Access, EntryEvent, EventOf, HistoryEvent, HistoryMessage, Role, Visibility } from '@parley/protocol';

/** What every entry of a conversation's log has. */
interface Place {
  /** The server's id of the entry; devices recognise an entry by it. */
  readonly id: string;
  /** Its place in the log: 1, 2, 3 … */
  readonly seq: number;
  /** The username of whoever made it. */
  readonly from: string;
  /** Epoch milliseconds, by the server's clock. */
  readonly createdAt: number;
}

/** A message as it stands now: content as last edited, empty when deleted. Never mutated; an edit makes a new one. */
export interface Message extends Place {
  readonly kind: 'message';
  /** Its number among the countable messages of the conversation. */
  readonly ordinal: number;
  readonly content: string;
  /** Only of one's own messages. */
  readonly clientMessageId: string | null;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
}

/** A change of a group or its members; it stands in the log like a message but is not counted as unread. */
export interface GroupEntry extends Place {
  readonly kind: 'event';
  readonly event: EventOf<'GROUP_EVENT'>['event'];
  /** The group's name after this entry. */
  readonly name: string;
  /** Whom it concerns, if it concerns somebody. */
  readonly username: string | null;
  readonly role: Role | null;
  readonly access: Access | null;
  readonly visibility: Visibility | null;
}

/** An edit (content) or a deletion (null) of an earlier message. Not shown itself. */
export interface Revision extends Place {
  readonly kind: 'revision';
  readonly target: { readonly seq: number; readonly id: string };
  readonly content: string | null;
}

/** One entry of a conversation's log. */
export type Entry = Message | GroupEntry | Revision;

/** A message of a history page or of the inbox. */
export function messageOf(message: HistoryMessage): Message {
  return {
    kind: 'message',
    id: message.messageId,
    seq: message.seq,
    from: message.from,
    createdAt: message.createdAt,
    ordinal: message.ordinal,
    content: message.content,
    clientMessageId: message.clientMessageId ?? null,
    editedAt: message.editedAt ?? null,
    deletedAt: message.deletedAt ?? null,
  };
}

/** An entry as it came live, or beside the messages of a history page; null if its kind is not known here. */
export function entryOf(event: EntryEvent | HistoryEvent): Entry | null {
  const place = { id: event.messageId, seq: event.seq, from: event.from, createdAt: event.createdAt };
  switch (event.type) {
    case 'ONE_TO_ONE_CHAT':
    case 'GROUP_CHAT':
      return messageOf(event);
    case 'MESSAGE_EDITED':
    case 'MESSAGE_DELETED':
      return {
        ...place,
        kind: 'revision',
        target: { seq: event.target.seq, id: event.target.messageId },
        content: event.type === 'MESSAGE_EDITED' ? event.content : null,
      };
    case 'GROUP_EVENT':
      return {
        ...place,
        kind: 'event',
        event: event.event,
        name: event.name,
        username: event.username ?? null,
        role: event.role ?? null,
        access: event.access ?? null,
        visibility: event.visibility ?? null,
      };
    default:
      // A newer server's; the range of a page covers its place all the same.
      event satisfies never;
      return null;
  }
}

/**
 * The message after an edit or deletion, in whatever order they come. A deletion is for good; an edit older than what
 * the message shows already does nothing (a history page may have folded a later one in).
 */
export function revised(message: Message, revision: Revision): Message {
  if (revision.content === null)
    return message.deletedAt === null ? { ...message, content: '', deletedAt: revision.createdAt } : message;
  if (message.editedAt !== null && revision.createdAt < message.editedAt) return message;
  const content = message.deletedAt === null ? revision.content : '';
  return { ...message, content, editedAt: revision.createdAt };
}

/** The fresher of two sightings of one message. */
export function fresher(held: Message, seen: Message): Message {
  const newer = seen.deletedAt !== null ? held.deletedAt === null : (seen.editedAt ?? 0) > (held.editedAt ?? 0);
  if (held.deletedAt !== null || !newer) return held;
  return { ...seen, clientMessageId: seen.clientMessageId ?? held.clientMessageId };
}
