/**
 * C0, DEL and C1 drive a terminal; the marks and overrides of writing direction reorder what stands beside them; line and
 * paragraph separators break lines where nobody counts on it; lone surrogates cannot be written as UTF-8.
 */
const HARMFUL = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** What other people wrote, made harmless for a terminal: control characters are shown, not obeyed. Line breaks stay. */
export function harmless(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(HARMFUL, (char) => {
    if (char === '\n') return char;
    return char === '\t' ? ' ' : `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
