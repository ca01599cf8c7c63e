/** How a piece of text looks where there is colour. */
export type Tone = 'plain' | 'dim' | 'strong' | 'name' | 'good' | 'bad';

/** A piece of text in one tone. Raw: whatever others wrote is made harmless when it is rendered, and only there. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** What is printed on a line of its own; on a narrow terminal on several. A string is plain. */
export type Row = string | Span | readonly (string | Span)[];

const toned =
  (tone: Tone) =>
  (text: string): Span => ({ text, tone });

export const dim = toned('dim');
export const strong = toned('strong');
export const name = toned('name');
export const good = toned('good');
export const bad = toned('bad');

/** The spans of a row. */
export function spansOf(row: Row): Span[] {
  const parts = typeof row === 'string' || 'tone' in row ? [row] : row;
  return parts.map((part) => (typeof part === 'string' ? { text: part, tone: 'plain' } : part));
}

/** The row as plain text, as it is. */
export const textOf = (row: Row): string =>
  spansOf(row)
    .map(({ text }) => text)
    .join('');
