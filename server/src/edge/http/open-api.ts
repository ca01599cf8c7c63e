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
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      return { schema: { ...schema, operationId: operationId(String(route.route.method), url) }, url };
    },
    transformObject: (document) => asMeant(jsonSchemaTransformObject(document)),
  };
}

const DESCRIPTION =
  'Accounts, sessions, chats, groups, history. Live messages go over the WebSockets: see [/docs/async](/docs/async). ' +
  'Every refusal has the shape of `Error`; decide by `code` and `retryable`.';

/** `GET /groups/:groupId/members` is `getGroupMembers`: what is picked out by a parameter is one. */
function operationId(method: string, url: string): string {
  const parts = url.split('/').filter((part) => part !== '');
  const words = parts.flatMap((part, index) => {
    if (part.startsWith(':')) return [];
    return parts[index + 1]?.startsWith(':') ? part.replace(/s$/, '') : part;
  });
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

const ABOUT_ANSWERS: Record<string, string> = {
  '200': 'Done.',
  '201': 'Created.',
  '4XX': 'Refused; `code` says why.',
  '5XX': 'Not now, or a fault of the server; `retryable` says which.',
  '503': 'Not ready.',
};

/** What the generators do not know about this API. */
function asMeant(document: Document): Document {
  const told = JSON.parse(JSON.stringify(document), meant) as Document;
  if (!('components' in told) || !told.components?.schemas) return told;
  // Each component is there twice, as it is read and as it is written; ours are only ever written.
  const schemas = Object.fromEntries(Object.entries(told.components.schemas).filter(([name]) => !name.endsWith('Input')));
  return { ...told, components: { ...told.components, schemas } } as Document;
}

function meant(this: unknown, key: string, value: unknown): unknown {
  // A newer server may add fields to any answer.
  if (key === 'additionalProperties' && value === false) return undefined;
  if (key in ABOUT_ANSWERS && isUndescribed(value)) return { ...value, description: ABOUT_ANSWERS[key] };
  return value;
}

const isUndescribed = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'description' in value && value.description === 'Default Response';
