/**
 * A 53-bit hash of a message's text, kept with its client id: tells a repeated send from one that reuses the id for
 * other content (R3). It guards a sender from a slip of their own client only, so it need not be cryptographic; it is
 * an integer that every database and JavaScript hold exactly. (The public-domain cyrb53.)
 */
export function contentHash(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 2654435761);
    high = Math.imul(high ^ unit, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return 4294967296 * (high & 0x1fffff) + (low >>> 0);
}
