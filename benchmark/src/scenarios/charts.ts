import type { Chart } from '../findings.js';
import type { LoadReport } from '../generator/plan.js';

/** How long messages took, by the share of them that took no longer. */
export function latencyCurve(title: string, { endToEndCurve }: LoadReport): Chart {
  return {
    title: `${title}: end to end`,
    kind: 'line',
    xLabel: 'share of messages',
    yLabel: 'ms',
    points: endToEndCurve.map(([share, ms]) => ({ x: `${+(share * 100).toFixed(2)} %`, y: ms })),
  };
}

export function deliveriesOverTime(title: string, { deliveredPerS }: LoadReport): Chart {
  return {
    title: `${title}: deliveries in each second`,
    kind: 'bars',
    xLabel: 'second',
    yLabel: 'deliveries',
    // The last second is seldom whole.
    points: deliveredPerS.slice(0, -1).map((count, second) => ({ x: String(second + 1), y: count })),
  };
}
