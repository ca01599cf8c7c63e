import type { ConversationStore } from '../ports/conversations.js';
import type { Change } from '../ports/log.js';

type NewGroup = Parameters<ConversationStore['createGroup']>[0];
type Entries = Change['entries'];
type Draft = Omit<Entries[number], 'messageId'>;

/** `created`, then `added` for each member beside the owner. */
export function firstEntries({ name, access, visibility, memberIds, messageIds }: NewGroup): Entries {
  const added: Draft[] = memberIds.map((userId) => ({ kind: 'added', detail: { userId, role: 'member', name } }));
  const drafts: Draft[] = [{ kind: 'created', detail: { name, access, visibility } }, ...added];
  return drafts.map((draft, index) => {
    const messageId = messageIds[index];
    if (messageId === undefined) throw new TypeError('a group needs a message id for each of its first entries');
    return { messageId, ...draft };
  });
}

/** Everybody in it, each from the entry that took them in. */
export function firstMembers({ ownerId, memberIds }: NewGroup): [userId: string, role: 'owner' | 'member', entry: number][] {
  return [
    [ownerId, 'owner', 0],
    ...memberIds.map((userId, index) => [userId, 'member', index + 1] as [string, 'member', number]),
  ];
}
