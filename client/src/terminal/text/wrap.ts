import { harmless } from './harmless.js';
import { spansOf, type Row, type Span, type Tone } from './row.js';
import { graphemes, widthOf } from './width.js';

interface Cell {
  text: string;
  tone: Tone;
  width: number;
}

const INDENT = '    ';
/** On anything narrower an indent would take the room that it is to make clear. */
const INDENTED_FROM_COLUMNS = 24;

/** A row as lines of at most `width` columns, broken between words where it can; all but the first are indented. */
export function wrapped(row: Row, width: number): Span[][] {
  const indent = width < INDENTED_FROM_COLUMNS ? [] : cellsOf({ text: INDENT, tone: 'plain' });
  return paragraphs(spansOf(row).flatMap(cellsOf))
    .flatMap((cells, index) => lines(cells, width, index === 0 ? [] : indent, indent))
    .map(spansOfCells);
}

function cellsOf({ text, tone }: Span): Cell[] {
  return graphemes(harmless(text)).map((grapheme) => ({ text: grapheme, tone, width: widthOf(grapheme) }));
}

function paragraphs(cells: readonly Cell[]): Cell[][] {
  const all: Cell[][] = [[]];
  for (const cell of cells) {
    if (cell.text === '\n') all.push([]);
    else all.at(-1)?.push(cell);
  }
  return all;
}

function lines(cells: readonly Cell[], width: number, firstIndent: readonly Cell[], indent: readonly Cell[]): Cell[][] {
  const all: Cell[][] = [];
  let line = [...firstIndent];
  /** Where the text of this line begins: a blank before it is no place to break. */
  let start = line.length;
  let used = columns(line);
  for (const cell of cells) {
    line.push(cell);
    used += cell.width;
    while (used > width && line.length > start + 1) {
      const [head, tail] = broken(line, start);
      all.push(head);
      line = [...indent, ...tail];
      start = indent.length;
      used = columns(line);
    }
  }
  return [...all, line];
}

/** At the last blank, which goes; or before the last cell, where a word alone is too long. */
function broken(line: readonly Cell[], start: number): [head: Cell[], tail: Cell[]] {
  const blank = line.findLastIndex(({ text }, index) => text === ' ' && index > start);
  return blank === -1 ? [line.slice(0, -1), line.slice(-1)] : [line.slice(0, blank), line.slice(blank + 1)];
}

const columns = (cells: readonly Cell[]) => cells.reduce((sum, { width }) => sum + width, 0);

function spansOfCells(cells: readonly Cell[]): Span[] {
  const spans: { text: string; tone: Tone }[] = [];
  for (const { text, tone } of cells) {
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += text;
    else spans.push({ text, tone });
  }
  return spans;
}
