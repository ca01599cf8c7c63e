import type { Gap, GroupEntry, Message, PendingMessage, TimelineItem } from '@parley/client';
import { dayOf } from '../text/times.js';

/** What the timeline shows, one under another. `key` stays the same as long as it is the same thing. */
export type Row =
  | { kind: 'start'; key: 'start' }
  | { kind: 'older'; key: 'older' }
  | { kind: 'day'; key: string; at: number }
  | { kind: 'unread'; key: 'unread' }
  | { kind: 'message'; key: string; message: Message; isFirst: boolean }
  | { kind: 'pending'; key: string; pending: PendingMessage; isFirst: boolean }
  | { kind: 'event'; key: string; entry: GroupEntry }
  | { kind: 'gap'; key: string; gap: Gap };

/** Messages of one author that follow each other this soon stand under one name. */
const TOGETHER_MS = 5 * 60_000;

export interface RowsOf {
  items: readonly TimelineItem[];
  hasOlder: boolean;
  me: string;
  /** The line stands before the first message of others after this seq; null: no line. */
  unreadAfter: number | null;
}

export function rowsOf({ items, hasOlder, me, unreadAfter }: RowsOf): Row[] {
  const rows: Row[] = [hasOlder ? { kind: 'older', key: 'older' } : { kind: 'start', key: 'start' }];
  let day = Number.NaN;
  let author: string | null = null;
  let at = 0;
  let isLineDrawn = unreadAfter === null;
  for (const item of items) {
    if (item.kind === 'gap') {
      rows.push({ kind: 'gap', key: `gap-${item.to}`, gap: item });
      author = null;
      continue;
    }
    const createdAt = item.kind === 'pending' ? item.queuedAt : item.createdAt;
    if (dayOf(createdAt) !== day) {
      day = dayOf(createdAt);
      author = null;
      rows.push({ kind: 'day', key: `day-${day}`, at: createdAt });
    }
    if (!isLineDrawn && item.kind === 'message' && item.from !== me && item.seq > (unreadAfter ?? 0)) {
      isLineDrawn = true;
      author = null;
      rows.push({ kind: 'unread', key: 'unread' });
    }
    if (item.kind === 'event') {
      rows.push({ kind: 'event', key: item.id, entry: item });
      author = null;
      continue;
    }
    const from = item.kind === 'pending' ? me : item.from;
    const isFirst = from !== author || createdAt - at > TOGETHER_MS;
    [author, at] = [from, createdAt];
    rows.push(
      item.kind === 'pending'
        ? { kind: 'pending', key: item.clientMessageId, pending: item, isFirst }
        : // The same key as while it was on its way: nothing flickers when it arrives.
          { kind: 'message', key: item.clientMessageId ?? item.id, message: item, isFirst },
    );
  }
  return rows;
}
