import type { Gap, GroupEntry, Message, PendingMessage, TimelineItem } from '@parley/client';
import { dayOf } from '../text/days.js';

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

/** Rows as they were drawn last, and where the line stands among them. */
interface Drawn extends RowsOf {
  rows: readonly Row[];
  lineAt: number | null;
}

/** The rows of one timeline, from change to change: only what is new is drawn, however much there is. */
export class Rows {
  #drawn: Drawn | null = null;

  of(asked: RowsOf): readonly Row[] {
    const drawn = (this.#drawn && redrawn(this.#drawn, asked)) ?? drawnAnew(asked);
    this.#drawn = { ...asked, ...drawn };
    return drawn.rows;
  }
}

/** All rows, drawn from nothing. */
export const rowsOf = (asked: RowsOf): readonly Row[] => drawnAnew(asked).rows;

function drawnAnew(asked: RowsOf): Pick<Drawn, 'rows' | 'lineAt'> {
  const drawing = new Drawing(asked);
  for (const item of asked.items) drawing.add(item);
  return { rows: [beginning(asked), ...drawing.rows], lineAt: drawing.lineAt === null ? null : drawing.lineAt + 1 };
}

/** What was drawn, with the items between the first and the last that are different. Null: the line has moved. */
function redrawn(before: Drawn, asked: RowsOf): Pick<Drawn, 'rows' | 'lineAt'> | null {
  if (before.me !== asked.me || before.unreadAfter !== asked.unreadAfter) return null;
  const [old, items] = [before.items, asked.items];
  const most = Math.min(old.length, items.length);
  let head = 0;
  while (head < most && old[head] === items[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === items[items.length - 1 - tail]) tail += 1;

  const headEnd = rowsUpTo(before.rows, head, old.length);
  const drawing = new Drawing(asked, items.slice(0, head), before.lineAt !== null && before.lineAt < headEnd);
  for (const item of items.slice(head, items.length - tail)) drawing.add(item);
  // What an item looks like depends on the one before, and on the day: that of the last one that has any.
  for (let isJoined = false; tail > 0 && !isJoined; tail -= 1) {
    const item = items[items.length - tail];
    if (item === undefined) break;
    drawing.add(item);
    isJoined = item.kind !== 'gap';
  }
  const tailStart = rowsUpTo(before.rows, old.length - tail, old.length);
  const wasLineDrawn = asked.unreadAfter === null || (before.lineAt !== null && before.lineAt < tailStart);
  if (tail > 0 && wasLineDrawn !== drawing.isLineDrawn) return null;

  const kept = before.rows.slice(1, headEnd);
  const rows = [beginning(asked), ...kept, ...drawing.rows, ...(tail > 0 ? before.rows.slice(tailStart) : [])];
  if (drawing.lineAt !== null) return { rows, lineAt: headEnd + drawing.lineAt };
  if (before.lineAt === null || before.lineAt < headEnd) return { rows, lineAt: before.lineAt };
  const isInTail = tail > 0 && before.lineAt >= tailStart;
  return { rows, lineAt: isInTail ? before.lineAt - tailStart + headEnd + drawing.rows.length : null };
}

const beginning = ({ hasOlder }: RowsOf): Row => (hasOlder ? { kind: 'older', key: 'older' } : { kind: 'start', key: 'start' });

/** How many rows there are up to the last one of the first `count` items; counted from the nearer end. */
function rowsUpTo(rows: readonly Row[], count: number, all: number): number {
  if (count <= all / 2) {
    let at = 1;
    for (let left = count; left > 0; at += 1) if (isOfItem(rows[at])) left -= 1;
    return at;
  }
  let at = rows.length;
  for (let left = all - count; left > 0 || !isOfItem(rows[at - 1]); at -= 1) if (isOfItem(rows[at - 1])) left -= 1;
  return at;
}

const isOfItem = (row: Row | undefined) => row?.kind !== 'day' && row?.kind !== 'unread';

/** Draws items one after another. */
class Drawing {
  readonly rows: Row[] = [];
  /** Among `rows`. */
  lineAt: number | null = null;
  isLineDrawn: boolean;
  readonly #asked: RowsOf;
  #day: { from: number; to: number } | null = null;
  #author: string | null = null;
  #at = 0;

  /** `after`: the items that stand above already. */
  constructor(asked: RowsOf, after: readonly TimelineItem[] = [], isLineDrawn = false) {
    this.#asked = asked;
    this.isLineDrawn = isLineDrawn || asked.unreadAfter === null;
    const dated = after.findLast((item) => item.kind !== 'gap');
    if (dated === undefined) return;
    this.#day = dayOf(timeOf(dated));
    const last = after.at(-1);
    if (last?.kind !== 'message' && last?.kind !== 'pending') return;
    this.#author = this.#authorOf(last);
    this.#at = timeOf(last);
  }

  add(item: TimelineItem): void {
    if (item.kind === 'gap') {
      this.rows.push({ kind: 'gap', key: `gap-${item.to}`, gap: item });
      this.#author = null;
      return;
    }
    const at = timeOf(item);
    this.#startDay(at);
    if (item.kind === 'message') this.#drawLine(item);
    if (item.kind === 'event') {
      this.rows.push({ kind: 'event', key: item.id, entry: item });
      this.#author = null;
      return;
    }
    const author = this.#authorOf(item);
    const isFirst = author !== this.#author || at - this.#at > TOGETHER_MS;
    [this.#author, this.#at] = [author, at];
    this.rows.push(
      item.kind === 'pending'
        ? { kind: 'pending', key: item.clientMessageId, pending: item, isFirst }
        : // The same key as while it was on its way: nothing flickers when it arrives.
          { kind: 'message', key: item.clientMessageId ?? item.id, message: item, isFirst },
    );
  }

  #startDay(at: number): void {
    if (this.#day !== null && at >= this.#day.from && at < this.#day.to) return;
    this.#day = dayOf(at);
    this.#author = null;
    this.rows.push({ kind: 'day', key: `day-${this.#day.from}`, at });
  }

  #drawLine({ from, seq }: Message): void {
    const { me, unreadAfter } = this.#asked;
    if (this.isLineDrawn || from === me || seq <= (unreadAfter ?? 0)) return;
    this.isLineDrawn = true;
    this.#author = null;
    this.lineAt = this.rows.length;
    this.rows.push({ kind: 'unread', key: 'unread' });
  }

  #authorOf(item: Message | PendingMessage): string {
    return item.kind === 'pending' ? this.#asked.me : item.from;
  }
}

const timeOf = (item: Exclude<TimelineItem, Gap>) => (item.kind === 'pending' ? item.queuedAt : item.createdAt);
