import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** How the OpenAPI document is made of the routes and the very schemas that validate them. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version,
        description:
          'Accounts, sessions, chats, groups, history. Live messages go over the WebSockets: see /docs/async. ' +
          'Every refusal has the shape of `Error`; decide by `code` and `retryable`.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutInputTwins(jsonSchemaTransformObject(document)),
  };
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** The transform names each component twice, as it is read and as it is written; ours are only ever written. */
function withoutInputTwins(document: Document): Document {
  if (!('components' in document) || !document.components?.schemas) return document;
  const schemas = Object.fromEntries(Object.entries(document.components.schemas).filter(([name]) => !name.endsWith('Input')));
  return { ...document, components: { ...document.components, schemas } } as Document;
}
