const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;
const INVISIBLE = /^[\p{M}\p{Cf}\p{Cc}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}/u;
/** East Asian wide and full-width letters: Hangul, CJK and its punctuation, Kana, full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** The characters as people see them: a letter with its accents, an emoji of several parts. */
export function graphemes(text: string): string[] {
  return ASCII.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** How many columns of a terminal a character takes. */
function columnsOf(grapheme: string): number {
  if (ASCII.test(grapheme)) return grapheme.length;
  if (INVISIBLE.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** How many columns of a terminal a text without line breaks takes. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + columnsOf(grapheme), 0);
}

/** The text on one line, cut to so many columns; what was cut off shows as `…`. */
export function cut(text: string, width: number): string {
  const line = text.replaceAll('\n', ' ');
  if (widthOf(line) <= width) return line;
  let kept = '';
  let used = 1;
  for (const grapheme of graphemes(line)) {
    used += columnsOf(grapheme);
    if (used > width) break;
    kept += grapheme;
  }
  return width < 1 ? '' : `${kept}…`;
}
