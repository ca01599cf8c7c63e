/** A page of Prometheus metrics, as the server under test serves it. */
export class MetricsPage {
  readonly #values = new Map<string, number>();

  private constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, name, value] = /^([^#\s]+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? [];
      if (name !== undefined) this.#values.set(name, Number(value));
    }
  }

  static async read(httpUrl: string): Promise<MetricsPage> {
    const answer = await fetch(`${httpUrl}/metrics`);
    if (!answer.ok) throw new Error(`GET /metrics answered ${answer.status}`);
    return new MetricsPage(await answer.text());
  }

  /** How much a counter rose since an earlier page of the same process. */
  since(earlier: MetricsPage, name: string): number {
    return this.of(name) - earlier.of(name);
  }

  /** The value of a metric without labels, by its name without `parley_`. */
  of(name: string): number {
    return this.#values.get(`parley_${name}`) ?? Number.NaN;
  }
}

/** The server's monitor fires so often; a delay is what a gap between two firings has beyond it. */
const LOOP_MONITOR_PERIOD_MS = 10;

/** How long the server's event loop was blocked at most since the page before: reading a page starts the count anew. */
export function longestLoopDelayMs(page: MetricsPage): number {
  return Math.max(0, page.of('nodejs_eventloop_lag_max_seconds') * 1_000 - LOOP_MONITOR_PERIOD_MS);
}

export function p99LoopDelayMs(page: MetricsPage): number {
  return Math.max(0, page.of('nodejs_eventloop_lag_p99_seconds') * 1_000 - LOOP_MONITOR_PERIOD_MS);
}
