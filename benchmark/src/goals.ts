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
  'cluster.idle.p50': { at: 'most', value: 5 },
  'cluster.idle.p99': { at: 'most', value: 30 },
  'cluster.steady.p99': { at: 'most', value: 60 },
  'cluster.high.cpu': { at: 'most', value: 300 },
  'cluster.saturated.per-s': { at: 'least', value: 1_500 },
  'cluster.saturated.postgres': { at: 'most', value: 0.05 },
  // What was appended just before the window may be archived in it.
  'cluster.saturated.cassandra': { at: 'most', value: 1.02 },
  'cluster.saturated.redis': { at: 'most', value: 3 },
  'cluster.opens.hits': { at: 'least', value: 90 },
  'web.script': { at: 'most', value: 60 },
  'web.list': { at: 'most', value: 1_000 },
  'web.seen': { at: 'most', value: 50 },
  'web.unseen': { at: 'most', value: 200 },
  'web.task': { at: 'most', value: 50 },
  'web.scroll.script': { at: 'most', value: 4 },
  // What fills a screen and what is kept ready around it.
  'web.scroll.nodes': { at: 'most', value: 5_000 },
  'web.heap': { at: 'most', value: 1.5 },
  'start.rss': { at: 'most', value: 90 },
};
