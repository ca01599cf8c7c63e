import type { FastifyRequest } from 'fastify';
import { Refusal } from '@parley/protocol';
import type { HttpApp } from './http-app.js';

/** Bodies are JSON objects in UTF-8 and nothing else; an empty one is no body, whatever its type says. */
export function acceptJsonOnly(app: HttpApp): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isEncoded(request)) return done(new Refusal('unsupported_media_type', 'send the body without content-encoding'));
    if (body === '') return done(null, undefined);
    void parse(request, body, (error, value) => (error ? done(new Refusal('bad_json')) : done(null, value)));
  });
}

function isEncoded({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding !== 'identity';
}
