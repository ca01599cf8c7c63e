import type { EntryEvent, HistoryEvent, HistoryMessage, InboxGroup } from '@parley/protocol';
import type { Entry } from '../ports/log.js';
import type { Names } from './names.js';

/** Where an entry stands, for those who see it. For a direct chat also who the two are. */
export type Place =
  { kind: 'direct'; chatId: string; userIds: [string, string] } | { kind: 'group'; groupId: string; name: string };

/** Everybody whose name is needed to show the entry. */
export function peopleOf(entry: Entry, place: Place): string[] {
  const people = [entry.senderId];
  if (entry.detail?.userId !== undefined) people.push(entry.detail.userId);
  if (place.kind === 'direct') people.push(...place.userIds);
  return people;
}

const common = (entry: Entry, names: Names) => ({
  seq: entry.seq,
  messageId: entry.messageId,
  from: names.of(entry.senderId),
  createdAt: entry.createdAt,
});

const target = (place: Place) => (place.kind === 'direct' ? { chatId: place.chatId } : { groupId: place.groupId });

/** An entry as it goes out live. `own`: to the sender's own devices, which also see the client id (R24). */
export function entryEvent(entry: Entry, place: Place, names: Names, own: boolean): EntryEvent {
  if (entry.kind !== 'message') return historyEvent(entry, place, names);
  const message = {
    ...common(entry, names),
    ordinal: entry.ordinal,
    content: entry.content,
    ...(own && entry.clientId !== null && { clientMessageId: entry.clientId }),
    // What is healed may have been changed since.
    ...(entry.editedAt !== null && { editedAt: entry.editedAt }),
    ...(entry.deletedAt !== null && { deletedAt: entry.deletedAt }),
  };
  if (place.kind === 'group') return { type: 'GROUP_CHAT', groupId: place.groupId, ...message };
  const [a, b] = place.userIds;
  return { type: 'ONE_TO_ONE_CHAT', chatId: place.chatId, to: names.of(entry.senderId === a ? b : a), ...message };
}

/** An entry other than a message, live or in a page. */
export function historyEvent(entry: Entry, place: Place, names: Names): HistoryEvent {
  const detail = entry.detail ?? {};
  switch (entry.kind) {
    case 'message':
      throw new Error(`entry ${entry.messageId} is a message, not an event`);
    case 'edit':
      return {
        type: 'MESSAGE_EDITED',
        ...common(entry, names),
        ...target(place),
        target: detail.target ?? lost(entry),
        content: entry.content,
      };
    case 'delete':
      return { type: 'MESSAGE_DELETED', ...common(entry, names), ...target(place), target: detail.target ?? lost(entry) };
    case 'created':
    case 'renamed':
    case 'settings':
    case 'joined':
    case 'left':
    case 'added':
    case 'removed':
    case 'role':
    case 'closed':
      if (place.kind !== 'group') return lost(entry);
      return {
        type: 'GROUP_EVENT',
        ...common(entry, names),
        groupId: place.groupId,
        name: detail.name ?? place.name,
        event: entry.kind,
        ...(detail.userId !== undefined && { username: names.of(detail.userId) }),
        ...(detail.role !== undefined && { role: detail.role }),
        ...(detail.access !== undefined && { access: detail.access }),
        ...(detail.visibility !== undefined && { visibility: detail.visibility }),
      };
  }
}

/** The first entry that a member gets of a new group: with the group as it is after the first entries of all. */
export function welcomeEvent(entry: Entry, place: Place, names: Names, group: InboxGroup): EntryEvent {
  const event = historyEvent(entry, place, names);
  return event.type === 'GROUP_EVENT' ? { ...event, group } : lost(entry);
}

/** A message as it stands in a page, for one reader. */
export function historyMessage(entry: Entry, names: Names, readerId: string): HistoryMessage {
  return {
    ...common(entry, names),
    ordinal: entry.ordinal,
    content: entry.content,
    ...(entry.senderId === readerId && entry.clientId !== null && { clientMessageId: entry.clientId }),
    ...(entry.editedAt !== null && { editedAt: entry.editedAt }),
    ...(entry.deletedAt !== null && { deletedAt: entry.deletedAt }),
  };
}

function lost(entry: Entry): never {
  throw new Error(`entry ${entry.messageId} of kind ${entry.kind} lacks what its kind needs`);
}
