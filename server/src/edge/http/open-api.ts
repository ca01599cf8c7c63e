import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { fastify } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { HttpApp } from './http-app.js';

/**
 * The OpenAPI document of the routes, from the very schemas that validate them. They are registered once more, on an
 * instance that serves nobody: the generator costs 5 MB and 30 ms, which a server that nobody asks need not spend.
 */
export async function openApiDocument(version: string, addRoutes: (app: HttpApp) => void): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger');
  const app = fastify({ exposeHeadRoutes: false }).withTypeProvider<ZodTypeProvider>();
  // These schemas are only read here.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  app.register(swagger, options(version));
  app.register(async (scope: HttpApp) => addRoutes(scope));
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function options(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Parley', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutInputTwins(jsonSchemaTransformObject(document)),
  };
}

const DESCRIPTION =
  'Accounts, sessions, chats, groups, history. Live messages go over the WebSockets: see /docs/async. ' +
  'Every refusal has the shape of `Error`; decide by `code` and `retryable`.';

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** The transform names each component twice, as it is read and as it is written; ours are only ever written. */
function withoutInputTwins(document: Document): Document {
  if (!('components' in document) || !document.components?.schemas) return document;
  const schemas = Object.fromEntries(Object.entries(document.components.schemas).filter(([name]) => !name.endsWith('Input')));
  return { ...document, components: { ...document.components, schemas } } as Document;
}
