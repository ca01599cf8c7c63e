import type { z } from 'zod';
import { ChatCommand, PresenceCommand, chatCommands, presenceCommands } from './commands.js';
import { ERROR_CODES, type ErrorCode } from './codes.js';
import * as f from './fields.js';
import { wordsFor } from './words.js';

/** A refused request: expected, answered with its code, never logged as a bug. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(code: ErrorCode, message: string = ERROR_CODES[code].about, extra: { field?: string; retryAfterMs?: number } = {}) {
    super(message);
    this.code = code;
    this.field = extra.field;
    this.retryAfterMs = extra.retryAfterMs;
  }
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** The first problem that zod found, in our words: `content: expected at least 1 character`. */
export function refusalOf(error: z.core.$ZodError, prefix: PropertyKey[] = []): Refusal {
  const issue = error.issues[0];
  const path = [...prefix, ...(issue?.path ?? [])].map(String).join('.');
  const message = issue === undefined ? 'invalid' : wordsFor(issue);
  return new Refusal('invalid_field', path === '' ? message : `${path}: ${message}`, path === '' ? {} : { field: path });
}

/** A frame that was not a command, with what could still be read of it so that the answer finds its way. */
export interface Undecodable {
  refusal: Refusal;
  requestId?: string;
  clientMessageId?: string;
  command?: string;
}
export type Decoded<C> = { ok: true; command: C } | ({ ok: false } & Undecodable);

const text = (value: unknown) => (typeof value === 'string' && value.length > 0 && value.length <= 64 ? value : undefined);

function decoder<C extends { type: string }>(schema: z.ZodType<C>, types: readonly string[]) {
  const known = new Set(types);
  const list = types.join(', ');
  return (frame: string): Decoded<C> => {
    let value: unknown;
    try {
      value = JSON.parse(frame);
    } catch {
      return { ok: false, refusal: new Refusal('bad_json', 'expected one JSON object in a text frame') };
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { ok: false, refusal: new Refusal('bad_json', 'expected a JSON object') };
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return { ok: true, command: parsed.data };
    const raw = value as Record<string, unknown>;
    const type = raw['type'];
    const refusal =
      typeof type !== 'string'
        ? new Refusal('invalid_field', 'type: expected a string', { field: 'type' })
        : known.has(type)
          ? refusalOf(parsed.error)
          : new Refusal('unknown_type', `type: expected one of ${list}`, { field: 'type' });
    const requestId = text(raw['requestId']);
    const clientMessageId = f.clientMessageId.safeParse(raw['clientMessageId']).data;
    return {
      ok: false,
      refusal,
      ...(requestId && { requestId }),
      ...(clientMessageId && { clientMessageId }),
      ...(typeof type === 'string' && known.has(type) && { command: type }),
    };
  };
}

/** One chat frame → a command, or the refusal that names what is wrong. Never throws. */
export const decodeChatCommand = decoder<ChatCommand>(
  ChatCommand,
  chatCommands.map((c) => c.shape.type.value),
);
/** One presence frame → a command, or the refusal that names what is wrong. Never throws. */
export const decodePresenceCommand = decoder<PresenceCommand>(
  PresenceCommand,
  presenceCommands.map((c) => c.shape.type.value),
);
