import { GOALS, type Goal } from './goals.js';

/** One measured figure. */
export interface Figure {
  /** Finds its goal. */
  id: string;
  name: string;
  value: number;
  unit: string;
  /** What has to be known to read it. */
  note?: string;
}

/** A line over x, or bars. */
export interface Chart {
  title: string;
  kind: 'line' | 'bars';
  xLabel: string;
  yLabel: string;
  points: { x: string; y: number }[];
}

/** What a scenario found. */
export interface Findings {
  figures: Figure[];
  charts: Chart[];
  /** Everything that was measured, as it came; for the JSON. */
  runs: Record<string, unknown>;
  /** A message lost or repeated: the run fails, whatever its figures. */
  broken: string[];
  /** Why a figure may not be believed. */
  doubtful: string[];
}

export type Verdict = 'met' | 'not met' | '';

export function goalOf(figure: Figure): Goal | undefined {
  return GOALS[figure.id];
}

export function verdictOf(figure: Figure): Verdict {
  const goal = goalOf(figure);
  if (goal === undefined) return '';
  return (goal.at === 'least' ? figure.value >= goal.value : figure.value <= goal.value) ? 'met' : 'not met';
}

export function joinFindings(all: readonly Findings[]): Findings {
  return {
    figures: all.flatMap(({ figures }) => figures),
    charts: all.flatMap(({ charts }) => charts),
    runs: Object.assign({}, ...all.map(({ runs }) => runs)) as Record<string, unknown>,
    broken: all.flatMap(({ broken }) => broken),
    doubtful: all.flatMap(({ doubtful }) => doubtful),
  };
}
