import type { Conversation, ConversationSnapshot } from '@parley/client';
import type { Route } from '../router.js';

/** Those that the list shows: pinned ones first, each part as it was; what is archived is elsewhere. */
export function listed(conversations: readonly ConversationSnapshot[]): readonly ConversationSnapshot[] {
  const shown = conversations.filter(({ summary }) => !summary.settings.archived);
  const isPinned = ({ summary }: ConversationSnapshot) => summary.settings.pinned;
  if (!shown.some(isPinned)) return shown;
  return [...shown.filter(isPinned), ...shown.filter((each) => !isPinned(each))];
}

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
