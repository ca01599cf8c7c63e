import type { TimelineItem } from '../timeline.js';

/** Something in a timeline that has not been shown as it is now. */
export interface News {
  item: TimelineItem;
  /** It was shown before, and has changed: an edit or a deletion. */
  isChange: boolean;
}

const SPARE = 200;

/** Remembers what of one timeline was shown, and tells what is news. Shown rows cannot be taken back on a terminal. */
export class Feed {
  /** Item → how it looked. */
  readonly #shown = new Map<string, string>();

  /** What is new or changed, in order; from now on it counts as shown. Gaps are passed over: they fill by themselves. */
  take(items: readonly TimelineItem[]): News[] {
    const news: News[] = [];
    for (const item of items) {
      const key = keyOf(item);
      if (key === null || this.#shown.get(key) === lookOf(item)) continue;
      news.push({ item, isChange: this.#shown.has(key) });
      this.#shown.set(key, lookOf(item));
    }
    if (this.#shown.size > 2 * items.length + SPARE) this.#forgetAllBut(items);
    return news;
  }

  #forgetAllBut(items: readonly TimelineItem[]): void {
    const kept = new Set(items.map(keyOf));
    for (const key of this.#shown.keys()) if (!kept.has(key)) this.#shown.delete(key);
  }
}

function keyOf(item: TimelineItem): string | null {
  if (item.kind === 'gap') return null;
  return item.kind === 'pending' ? item.clientMessageId : item.id;
}

function lookOf(item: TimelineItem): string {
  if (item.kind !== 'message') return '';
  return `${item.editedAt ?? ''}/${item.deletedAt ?? ''}`;
}
