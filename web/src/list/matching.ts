import type { Conversation, ConversationSnapshot } from '@parley/client';
import type { Route } from '../router.js';

/** Those whose title has the text in it, those that begin with it first. */
export function matching(conversations: readonly ConversationSnapshot[], filter: string): readonly ConversationSnapshot[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return conversations;
  const found = conversations.filter(({ conversation }) => conversation.title.toLowerCase().includes(wanted));
  const begins = ({ conversation }: ConversationSnapshot) => Number(conversation.title.toLowerCase().startsWith(wanted));
  return found.sort((a, b) => begins(b) - begins(a));
}

export function routeTo(conversation: Conversation): Route {
  const { with: username, id } = conversation;
  return username === null ? { page: 'group', groupId: id, seq: null } : { page: 'chat', username, seq: null };
}
