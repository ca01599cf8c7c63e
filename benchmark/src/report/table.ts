import { goalOf, verdictOf, type Figure } from '../findings.js';
import { machineLines, type Run } from './run.js';
import { goalInWords, valueInWords } from './words.js';

const HEADINGS = ['figure', 'measured', 'goal', '', 'note'];
/** The columns of numbers, which stand to the right. */
const RIGHT = new Set([1, 2]);

/** A run for a terminal. */
export function table(run: Run): string {
  const { figures, broken, doubtful } = run.findings;
  const rows = [HEADINGS, ...figures.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, RIGHT.has(column)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  const warnings = [...broken.map((what) => `BROKEN: ${what}`), ...doubtful.map((what) => `DOUBTFUL: ${what}`)];
  return `${[...machineLines(run), '', ...lines, ...(warnings.length > 0 ? ['', ...warnings] : [])].join('\n')}\n`;
}

const row = (figure: Figure): string[] => [
  figure.name,
  valueInWords(figure),
  goalInWords(goalOf(figure)),
  verdictOf(figure),
  figure.note ?? '',
];

const pad = (text: string, width: number, right: boolean): string => (right ? text.padStart(width) : text.padEnd(width));
