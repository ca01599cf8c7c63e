import type { ErrorCode, EventOf } from '@parley/protocol';
import { ERROR_CODES } from '@parley/protocol/codes';

/**
 * What goes wrong on this side of the wire:
 *
 * - `disconnected`: the connection was not there, or was lost before the answer; retryable.
 * - `timeout`: no answer within the deadline; retryable.
 * - `network`: an HTTP request did not get through; retryable.
 * - `closed`: the client was closed; connect again first.
 * - `unconfirmed`: an old message that the log could not be searched for in full; it may or may not have been sent.
 * - `outbox_failed`: the outbox store could not keep the message, so it was not sent; or another process has its file.
 * - `discarded`: the message was taken back before it was sent.
 * - `bad_reply`: the peer's answer is not what the protocol says.
 */
export const LOCAL_CODES = {
  disconnected: { retryable: true },
  timeout: { retryable: true },
  network: { retryable: true },
  closed: { retryable: false },
  unconfirmed: { retryable: false },
  outbox_failed: { retryable: false },
  discarded: { retryable: false },
  bad_reply: { retryable: false },
} as const;

export type LocalCode = keyof typeof LOCAL_CODES;
export type ParleyErrorCode = ErrorCode | LocalCode;

/** What may be known of an error beside its code and text. */
export interface ParleyErrorDetail {
  field?: string | undefined;
  retryable?: boolean | undefined;
  retryAfterMs?: number | undefined;
  status?: number | undefined;
  cause?: unknown;
}

/**
 * The one error of the SDK, from HTTP and both sockets. Decide by `code` and `retryable`; `message` is for people.
 *
 * @example
 * try {
 *   await api.login({ username, password });
 * } catch (error) {
 *   if (error instanceof ParleyError && error.code === 'wrong_credentials') …
 * }
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ParleyErrorCode;
  /** The field that is wrong, as a path (`content`, `usernames.3`), or null. */
  readonly field: string | null;
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  /** How long to wait before that, in milliseconds, if the server said so. */
  readonly retryAfterMs: number | null;
  /** The HTTP status, or null if it did not come by HTTP. */
  readonly status: number | null;

  constructor(code: ParleyErrorCode, message: string, detail: ParleyErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.field = detail.field ?? null;
    this.retryable = detail.retryable ?? isRetryable(code);
    this.retryAfterMs = detail.retryAfterMs ?? null;
    this.status = detail.status ?? null;
  }
}

/** An ERROR frame as the error that a caller gets. */
export function errorOf(event: EventOf<'ERROR'>): ParleyError {
  return new ParleyError(event.code, event.message, event);
}

/** Anything thrown, as a ParleyError; one that is so already is not touched. */
export function asParleyError(error: unknown, code: LocalCode): ParleyError {
  if (error instanceof ParleyError) return error;
  return new ParleyError(code, error instanceof Error ? error.message : String(error), { cause: error });
}

// A code of a newer server is unknown here; the frame's own `retryable` decides then.
function isRetryable(code: ParleyErrorCode): boolean {
  const known: Record<string, { retryable: boolean }> = { ...ERROR_CODES, ...LOCAL_CODES };
  return known[code]?.retryable ?? false;
}
