import type { Message } from './entries.js';
import { messageOf } from './entries.js';
import type { StoredMessage } from './outbox-store.js';
import type { PageReply } from './pages.js';

/** What a search of the log found; `unsure` if it ended before the message's time. */
export type Lookup = { readonly kind: 'found'; readonly message: Message } | { readonly kind: 'absent' } | { readonly kind: 'unsure' };

const PAGES_MAX = 100;
/** How wrong this device's clock may have been. */
const CLOCK_SKEW_MS = 86_400_000;

/**
 * Searches a conversation from its newest entry back to when the message was written. `fetch` gives the page below a
 * seq, or the newest. Rejects as `fetch` does.
 */
export async function lookUpSent(stored: StoredMessage, fetch: (before: number | null) => Promise<PageReply>): Promise<Lookup> {
  let before: number | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const reply: PageReply = await fetch(before);
    const found = reply.messages.find((message) => message.clientMessageId === stored.clientMessageId);
    if (found !== undefined) return { kind: 'found', message: messageOf(found) };
    const oldest = reply.messages[0];
    if (!reply.hasMore || (oldest !== undefined && oldest.createdAt < stored.queuedAt - CLOCK_SKEW_MS)) return { kind: 'absent' };
    before = reply.coversFrom;
  }
  return { kind: 'unsure' };
}
