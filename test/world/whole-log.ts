import type { ParleyApi } from '@parley/client/node';
import type { http } from '@parley/protocol';

const PAGE = 100;

/** All messages of somebody's one direct chat, oldest first, as a device reads them that was not there. */
export async function wholeLog(api: ParleyApi): Promise<http.ChatHistory['messages']> {
  const [chat] = (await api.inbox()).chats;
  const messages: http.ChatHistory['messages'] = [];
  for (let after = 0, more = true; more;) {
    const page = await api.chatHistory(chat?.chatId ?? '', { after, limit: PAGE });
    messages.push(...page.messages);
    after = page.coversTo;
    more = page.hasMore;
  }
  return messages;
}
