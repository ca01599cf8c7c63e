import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@parley/protocol';
import { bearerToken } from '../tokens.js';
import { withoutToken, type HttpApp } from './http-app.js';

/** Metrics as text. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsParts {
  metrics: MetricsPage;
  /** What a reader has to know; null: anybody may read. They hold figures, no names. */
  metricsToken: string | null;
}

/** For Prometheus. */
export function metricsRoutes(app: HttpApp, { metrics, metricsToken }: MetricsParts): void {
  app.get(
    '/metrics',
    {
      config: { open: true, probe: true },
      schema: {
        ...withoutToken,
        tags: ['Operation'],
        summary: 'Metrics for Prometheus; with METRICS_TOKEN set, for whoever bears it.',
        response: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      if (metricsToken !== null && !isSame(metricsToken, bearerToken(request.headers.authorization) ?? '')) {
        throw new Refusal('not_authenticated');
      }
      // Rendered already: past the serializer, that would make a JSON string of it.
      return reply
        .type(metrics.contentType)
        .serializer(String)
        .send(await metrics.render());
    },
  );
}

/** In a time that does not tell how much of it was right, nor how long it is. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
