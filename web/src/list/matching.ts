import type { Conversation, ConversationSnapshot } from '@parley/client';
import type { Route } from '../router.js';

/** Those that the list shows: pinned ones first, each part as it was; what is archived is elsewhere. */
export function listed(conversations: readonly ConversationSnapshot[]): readonly ConversationSnapshot[] {
  const shown = conversations.filter(({ summary }) => !summary.settings.archived);
  const isPinned = ({ summary }: ConversationSnapshot) => summary.settings.pinned;
  if (!shown.some(isPinned)) return shown;
  return [...shown.filter(isPinned), ...shown.filter((each) => !isPinned(each))];
}

/** Those whose title or username has the text in it, those that begin with it first. */
export function matching(conversations: readonly ConversationSnapshot[], filter: string): readonly ConversationSnapshot[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return conversations;
  const [begin, have]: [ConversationSnapshot[], ConversationSnapshot[]] = [[], []];
  for (const each of conversations) {
    const { title, with: username } = each.conversation;
    const names = [title.toLowerCase(), username?.toLowerCase() ?? ''];
    if (names.some((name) => name.startsWith(wanted))) begin.push(each);
    else if (names.some((name) => name.includes(wanted))) have.push(each);
  }
  return [...begin, ...have];
}

export function routeTo(conversation: Conversation): Route {
  const { with: username, id } = conversation;
  return username === null ? { page: 'group', groupId: id, seq: null } : { page: 'chat', username, seq: null };
}
