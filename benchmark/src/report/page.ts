import { goalOf, verdictOf, type Figure } from '../findings.js';
import { chartSvg } from './chart.js';
import { escapeHtml } from './escape-html.js';
import { machineLines, type Run } from './run.js';
import { goalInWords, valueInWords } from './words.js';

const STYLE = `
  :root { color-scheme: light dark; --line: #2563eb; --faint: #8884; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--faint); vertical-align: top; }
  td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .met { color: #15803d; } .not { color: #dc2626; font-weight: 600; } .note { opacity: .7; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; margin-top: 2rem; }
  svg { width: 100%; } .grid { stroke: var(--faint); } .line { fill: none; stroke: var(--line); stroke-width: 2; }
  .bar { fill: var(--line); } .tick { font-size: 11px; fill: currentColor; opacity: .7; } .title { font-size: 13px; fill: currentColor; }
`;

/** A run as one HTML page that needs nothing else. */
export function page(run: Run): string {
  const { figures, charts, broken, doubtful } = run.findings;
  const warnings = [...broken.map((what) => `Broken: ${what}`), ...doubtful.map((what) => `Doubtful: ${what}`)];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: ${escapeHtml(run.command)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(run.command)}</h1>
<p>${machineLines(run).map(escapeHtml).join('<br>')}</p>
${warnings.map((what) => `<p class="not">${escapeHtml(what)}</p>`).join('\n')}
<table>
<tr><th>Figure<th>Measured<th>Goal<th><th>Note</tr>
${figures.map(row).join('\n')}
</table>
<div class="charts">
${charts.map(chartSvg).join('\n')}
</div>
</html>
`;
}

function row(figure: Figure): string {
  const verdict = verdictOf(figure);
  return [
    `<tr><td>${escapeHtml(figure.name)}`,
    `<td class="number">${escapeHtml(valueInWords(figure))}`,
    `<td class="number">${escapeHtml(goalInWords(goalOf(figure)))}`,
    `<td class="${verdict === 'met' ? 'met' : 'not'}">${verdict}`,
    `<td class="note">${escapeHtml(figure.note ?? '')}</tr>`,
  ].join('');
}
