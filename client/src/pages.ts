import type { EventOf } from '@parley/protocol';
import { entryOf, messageOf, type Entry } from './entries.js';

/** Which part of a log: below or above a seq (both exclusive), or the newest. */
export type PageAsked =
  | { readonly kind: 'newest' }
  | { readonly kind: 'before'; readonly seq: number }
  | { readonly kind: 'after'; readonly seq: number };

/** What a history reply holds, of either kind of conversation, by socket or HTTP. */
export type PageReply = Pick<EventOf<'GROUP_CHAT_HISTORY'>, 'messages' | 'events' | 'coversFrom' | 'coversTo' | 'hasMore'>;

/** A part of a log with the range of seqs that is complete once its entries are held. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly from: number;
  /** Below `from`: the page makes nothing complete. */
  readonly to: number;
  /** The lowest seq that can ever be read, if this page shows it. */
  readonly floor: number | null;
}

/**
 * Reads a reply in the light of what was asked. Between the seq asked for and the range that the reply covers there is
 * nothing that this member may read (retention, joined later), so that part is complete too (R15).
 */
export function pageOf(reply: PageReply, asked: PageAsked): Page {
  const entries = [...reply.messages.map(messageOf), ...reply.events.map(entryOf)]
    .filter((entry) => entry !== null)
    .sort((a, b) => a.seq - b.seq);
  const isEmpty = reply.coversTo < reply.coversFrom;
  const from = asked.kind === 'after' ? asked.seq + 1 : reply.coversFrom;
  const to = asked.kind === 'before' ? asked.seq - 1 : reply.coversTo;
  if (asked.kind === 'after') return isEmpty ? { entries, from, to: from - 1, floor: null } : { entries, from, to, floor: null };
  if (isEmpty) {
    const above = asked.kind === 'before' ? asked.seq : null;
    return { entries, from: 1, to: 0, floor: reply.hasMore ? null : above };
  }
  return { entries, from, to, floor: reply.hasMore ? null : reply.coversFrom };
}
