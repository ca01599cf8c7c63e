import { Refusal } from '@parley/protocol';
import type { ConversationStore, Opened } from '../ports/conversations.js';
import type { Caller } from './caller.js';

/** A conversation as a command names it: exactly one of the two. */
export interface Named {
  chatId?: string | undefined;
  groupId?: string | undefined;
}

/** The only way to a conversation: through a membership that stands now (D7). */
export class Door {
  readonly #conversations: ConversationStore;

  constructor(conversations: ConversationStore) {
    this.#conversations = conversations;
  }

  async open(caller: Caller, named: Named): Promise<Opened> {
    const { id, kind, field } = idOf(named);
    const opened = await this.#conversations.open(caller.userId, id);
    if (opened === null || opened.conversation.kind !== kind) throw new Refusal('not_member', undefined, { field });
    return opened;
  }
}

export function idOf(named: Named): { id: string; kind: 'direct' | 'group'; field: 'chatId' | 'groupId' } {
  const { chatId, groupId } = named;
  if (chatId !== undefined && groupId === undefined) return { id: chatId, kind: 'direct', field: 'chatId' };
  if (groupId !== undefined && chatId === undefined) return { id: groupId, kind: 'group', field: 'groupId' };
  throw new Refusal('invalid_field', 'chatId: expected either chatId or groupId', { field: 'chatId' });
}
