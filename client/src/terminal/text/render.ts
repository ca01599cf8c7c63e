import type { Row, Span, Tone } from './row.js';
import { wrapped } from './wrap.js';

/** What rows are printed on. */
export interface Paper {
  /** Columns; `Infinity` where nobody counts them, as in a pipe. */
  width: number;
  hasColour: boolean;
}

const CODES: Record<Tone, string> = { plain: '', dim: '2', strong: '1', name: '36', good: '32', bad: '31' };

/**
 * Rows as lines for a terminal. The one way to it: everything that passes is made harmless, so that no view has to think
 * of it.
 */
export function rendered(rows: readonly Row[], { width, hasColour }: Paper): string[] {
  const text = hasColour ? coloured : plain;
  return rows.flatMap((row) => wrapped(row, width).map(text));
}

const plain = (spans: readonly Span[]) => spans.map(({ text }) => text).join('');

const coloured = (spans: readonly Span[]) =>
  spans.map(({ text, tone }) => (tone === 'plain' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`)).join('');
