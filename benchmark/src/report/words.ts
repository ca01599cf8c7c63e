import type { Figure } from '../findings.js';
import type { Goal } from '../goals.js';

export function valueInWords({ value, unit }: Figure): string {
  return `${number(value)}${unit === '×' || unit.startsWith('/') ? unit : ` ${unit}`}`;
}

export function goalInWords(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  const sign = goal.at === 'least' ? '≥' : '≤';
  return `${sign} ${number(goal.value)}${goal.later === undefined ? '' : `, later ${number(goal.later)}`}`;
}

/** Three digits that say something. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}
