import { entryBytes, fitting } from '../sql/fitting.js';
import type { Append, Appended, CursorMove, Cursors, Entry, LogStore, Page, PageQuery } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import { PAGE_ENTRIES, type PageCache } from './redis/page-cache.js';

/**
 * A log whose newest pages come from Redis while they are the newest (R17). `to` of a query with `lastAt` is the
 * conversation's last seq, which the caller has just read with the membership: a page that ends there lacks nothing.
 * `lastAt` tells that it is of this log, and not of what PostgreSQL was before it was restored to an older state (R5).
 */
export class CachedLog implements LogStore {
  readonly #log: LogStore;
  readonly #pages: () => PageCache;
  readonly #meter: Meter;
  readonly #onError: (error: unknown) => void;

  constructor(parts: { log: LogStore; pages: () => PageCache; meter: Meter; onError: (error: unknown) => void }) {
    this.#log = parts.log;
    this.#pages = parts.pages;
    this.#meter = parts.meter;
    this.#onError = parts.onError;
  }

  async append(append: Append): Promise<Appended> {
    const appended = await this.#log.append(append);
    const [entry] = appended.entries;
    if (append.kind === 'send' && entry !== undefined && !appended.repeated) this.#pages().add(entry);
    return appended;
  }

  moveCursor(move: CursorMove): Promise<Cursors | null> {
    return this.#log.moveCursor(move);
  }

  entry(conversationId: string, seq: number): Promise<Entry | null> {
    return this.#log.entry(conversationId, seq);
  }

  async page(query: PageQuery): Promise<Page> {
    const isNewest = query.before === undefined && query.after === undefined && query.lastAt !== undefined;
    if (!isNewest || query.to < query.from) return this.#log.page(query);
    const cached = pageFrom(await this.#read(query), query);
    this.#meter.count(cached === null ? 'page_cache_misses' : 'page_cache_hits');
    if (cached !== null) return cached;
    const page = await this.#log.page({ ...query, limit: Math.max(query.limit, PAGE_ENTRIES) });
    void this.#pages().store(query.conversationId, page.entries).catch(this.#onError);
    return newestOf(page, query);
  }

  async #read({ conversationId, to, limit }: PageQuery): Promise<Entry[] | null> {
    try {
      return await this.#pages().read(conversationId, to, limit);
    } catch {
      // Redis is away: the log answers.
      return null;
    }
  }
}

/** Null: the cached entries do not reach as far down as asked, go beyond what may be seen, or are of another log. */
function pageFrom(entries: Entry[] | null, query: PageQuery): Page | null {
  const visible = entries?.filter(({ seq }) => seq >= query.from && seq <= query.to);
  const lowest = visible?.[0]?.seq;
  const newest = visible?.at(-1);
  if (visible === undefined || lowest === undefined || newest?.seq !== query.to) return null;
  if (newest.createdAt !== query.lastAt) return null;
  if (lowest > query.from && visible.length < query.limit) return null;
  return newestOf({ entries: visible, coversFrom: lowest, coversTo: query.to, hasMore: lowest > query.from }, query);
}

/** The newest entries of a page that the limits allow, one at least. */
function newestOf(page: Page, query: PageQuery): Page {
  const entries = fitting(page.entries.toReversed(), query, entryBytes).reverse();
  if (entries.length === page.entries.length) return page;
  return { ...page, entries, coversFrom: entries[0]?.seq ?? page.coversFrom, hasMore: true };
}
