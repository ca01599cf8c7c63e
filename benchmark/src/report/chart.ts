import type { Chart } from '../findings.js';
import { escapeHtml } from './escape-html.js';

const WIDTH = 560;
const HEIGHT = 240;
const MARGIN = { left: 56, right: 12, top: 28, bottom: 44 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const GRID_LINES = 4;
const X_LABELS_MAX = 8;

/** A chart as inline SVG: no script, no other file. */
export function chartSvg(chart: Chart): string {
  const top = niceTop(Math.max(...chart.points.map(({ y }) => y), 1e-9));
  const parts = [grid(top), xLabels(chart), chart.kind === 'line' ? line(chart, top) : bars(chart, top), captions(chart)];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(chart.title)}">${parts.join('')}</svg>`;
}

/** The next of 1, 2, 2.5, 5, 10 … above. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const xOf = (index: number, count: number): number => MARGIN.left + (PLOT.width * (index + 0.5)) / count;
const yOf = (value: number, top: number): number => MARGIN.top + PLOT.height * (1 - value / top);

function grid(top: number): string {
  return Array.from({ length: GRID_LINES + 1 }, (_, i) => {
    const value = (top * i) / GRID_LINES;
    const y = yOf(value, top);
    const label = value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}"/><text class="tick" text-anchor="end" x="${MARGIN.left - 6}" y="${y + 4}">${label}</text>`;
  }).join('');
}

function xLabels({ points }: Chart): string {
  const every = Math.ceil(points.length / X_LABELS_MAX);
  return points
    .map(({ x }, i) =>
      i % every === 0
        ? `<text class="tick" text-anchor="middle" x="${xOf(i, points.length)}" y="${HEIGHT - MARGIN.bottom + 16}">${escapeHtml(x)}</text>`
        : '',
    )
    .join('');
}

function line({ points }: Chart, top: number): string {
  const path = points.map(({ y }, i) => `${xOf(i, points.length).toFixed(1)},${yOf(y, top).toFixed(1)}`).join(' ');
  return `<polyline class="line" points="${path}"/>`;
}

function bars({ points }: Chart, top: number): string {
  const width = (PLOT.width / points.length) * 0.8;
  return points
    .map(({ y }, i) => {
      const at = yOf(y, top);
      return `<rect class="bar" x="${(xOf(i, points.length) - width / 2).toFixed(1)}" width="${width.toFixed(1)}" y="${at.toFixed(1)}" height="${(MARGIN.top + PLOT.height - at).toFixed(1)}"/>`;
    })
    .join('');
}

function captions({ title, xLabel, yLabel }: Chart): string {
  return [
    `<text class="title" x="${MARGIN.left}" y="16">${escapeHtml(title)} (${escapeHtml(yLabel)})</text>`,
    `<text class="tick" text-anchor="end" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}">${escapeHtml(xLabel)}</text>`,
  ].join('');
}
