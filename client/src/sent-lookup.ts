import { messageOf, type Message } from './entries.js';
import type { StoredMessage } from './outbox-store.js';
import type { PageReply } from './pages.js';
import type { Wire } from './wire.js';

/** What a search of the log found; `unsure` if it ended before the message's time. */
export type Lookup =
  { readonly kind: 'found'; readonly message: Message } | { readonly kind: 'absent' } | { readonly kind: 'unsure' };

const PAGES_MAX = 100;
const PAGE_ENTRIES = 100;
/** How wrong this device's clock may have been. */
const CLOCK_SKEW_MS = 86_400_000;

/**
 * Searches a conversation for a message of one's own, from its newest entry back to when the message was written.
 * Rejects with ParleyError, also if there is no such conversation.
 */
export async function lookUpSent(stored: StoredMessage, wire: Wire): Promise<Lookup> {
  let before: number | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const reply = await fetchPage(stored, wire, before);
    const found = reply.messages.find((message) => message.clientMessageId === stored.clientMessageId);
    if (found !== undefined) return { kind: 'found', message: messageOf(found) };
    const oldest = reply.messages[0];
    const isPast = oldest !== undefined && oldest.createdAt < stored.queuedAt - CLOCK_SKEW_MS;
    if (!reply.hasMore || isPast) return { kind: 'absent' };
    before = reply.coversFrom;
  }
  return { kind: 'unsure' };
}

function fetchPage({ target }: StoredMessage, wire: Wire, before: number | undefined): Promise<PageReply> {
  return target.kind === 'chat'
    ? wire.ask({ type: 'GET_ONE_TO_ONE_HISTORY', to: target.with, before, limit: PAGE_ENTRIES })
    : wire.ask({ type: 'GET_GROUP_CHAT_HISTORY', groupId: target.groupId, before, limit: PAGE_ENTRIES });
}
