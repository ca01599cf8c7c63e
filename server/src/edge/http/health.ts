import { http } from '@parley/protocol';
import type { Health } from '../health.js';
import { refusals, withoutToken, type HttpApp } from './http-app.js';

/** For people, probes and balancers. */
export function healthRoutes(app: HttpApp, { health }: { health: Pick<Health, 'read' | 'readiness'> }): void {
  const config = { open: true, probe: true };
  const common = { ...withoutToken, tags: ['Operation'] };

  app.get(
    '/health',
    { config, schema: { ...common, summary: 'How the server is. Always 200.', response: { 200: http.Health, ...refusals } } },
    () => health.read(),
  );

  app.get(
    '/health/live',
    { config, schema: { ...common, summary: 'The process answers.', response: { 200: http.Liveness, ...refusals } } },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/health/ready',
    {
      config,
      schema: {
        ...common,
        summary: 'What the server cannot do without works, and it takes connections: 200; else 503.',
        response: { 200: http.Health, 503: http.Health },
      },
    },
    async (_request, reply) => {
      const { isReady, health: state } = await health.readiness();
      return reply.code(isReady ? 200 : 503).send(state);
    },
  );
}
