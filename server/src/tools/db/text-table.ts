import type { Value } from '../../embedded/sqlite.js';

const CELL_MAX_CHARS = 40;

/** Rows as text in columns, under a heading. What would move the cursor of a terminal is shown as `·`. */
export function textTable(heading: readonly string[], rows: readonly (readonly Value[])[]): string {
  const lines = [heading, ...rows].map((row) => row.map(cell));
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(value: Value): string {
  const text = String(value ?? '–').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
  return text.length <= CELL_MAX_CHARS ? text : `${text.slice(0, CELL_MAX_CHARS - 1)}…`;
}
