/** How much a page may be. */
export interface PageBounds {
  limit: number;
  maxBytes: number;
}

/** As many from the front as the bounds allow, but one at least. */
export function fitting<T>(items: readonly T[], { limit, maxBytes }: PageBounds, bytesOf: (item: T) => number): T[] {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (count === limit || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return items.slice(0, count);
}

/** As it goes over the wire, where a control character is six bytes. */
export const wireBytes = (content: string, detailChars: number): number =>
  Buffer.byteLength(JSON.stringify(content)) - 2 + detailChars;

/** The same of an entry. */
export const entryBytes = ({ content, detail }: { content: string; detail: object | null }): number =>
  wireBytes(content, detail === null ? 0 : JSON.stringify(detail).length);
