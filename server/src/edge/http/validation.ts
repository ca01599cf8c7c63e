import type { FastifySchemaCompiler } from 'fastify';
import { Refusal, refusalOf } from '@parley/protocol';
import type { z } from 'zod';

/** Validates each part of a request by its zod schema; the refusal names the first field that is wrong. */
export const validateByZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (value: unknown) => {
    if (httpPart === 'body' && !isObject(value)) return { error: new Refusal('bad_json', 'expected a JSON object as body') };
    const parsed = schema.safeParse(value);
    return parsed.success ? { value: parsed.data } : { error: refusalOf(parsed.error) };
  };
};

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
