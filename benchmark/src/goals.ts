/** What a figure has to be. The only place where such numbers stand. */
export interface Goal {
  /** Which way is good. */
  at: 'least' | 'most';
  value: number;
  /** What is to be reached later. */
  later?: number;
}

/** By the id of the figure. */
export const GOALS: Record<string, Goal> = {
  'direct.p99': { at: 'most', value: 30 },
  'direct.saturated.per-cpu': { at: 'least', value: 5_000, later: 13_000 },
  'direct.loop-max': { at: 'most', value: 20 },
  'direct.limit.ratio': { at: 'least', value: 0.35 },
  'group.per-cpu': { at: 'least', value: 90_000, later: 100_000 },
  'group.saturated.per-cpu': { at: 'least', value: 90_000, later: 600_000 },
  'idle.kb': { at: 'most', value: 12, later: 8 },
  'history.socket.ratio': { at: 'most', value: 2, later: 1.3 },
  'history.http.ratio': { at: 'most', value: 2, later: 1.3 },
  'start.health': { at: 'most', value: 1_000 },
  'start.rss': { at: 'most', value: 90 },
};
