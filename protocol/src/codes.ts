/**
 * Stable error codes. A client decides by `code` and `retryable`; `message` is for people and may change.
 *
 * `retryable: true` means: the same request may succeed later, unchanged, and nothing was accepted.
 */
export const ERROR_CODES = {
  bad_json: { status: 400, retryable: false, about: 'The frame or body is not JSON, or not an object.' },
  unknown_type: { status: 400, retryable: false, about: 'No command has this `type`.' },
  invalid_field: {
    status: 400,
    retryable: false,
    about: 'A field is missing, of the wrong kind or out of range; `field` names it.',
  },
  wrong_sender: { status: 403, retryable: false, about: '`from` is not the user of the token.' },
  chat_mismatch: { status: 409, retryable: false, about: '`chatId` and `to` are not the same chat.' },
  not_authenticated: { status: 401, retryable: false, about: 'No token, or one that does not hold any more.' },
  wrong_credentials: { status: 401, retryable: false, about: 'The username or the password is wrong.' },
  account_suspended: { status: 403, retryable: false, about: 'The account was suspended by an operator of this server.' },
  not_allowed: { status: 403, retryable: false, about: 'Your role does not allow this.' },
  not_found: { status: 404, retryable: false, about: 'There is no such thing, or you may not see it.' },
  not_member: { status: 403, retryable: false, about: 'You are not a member of this conversation.' },
  blocked: { status: 403, retryable: false, about: 'One of you has blocked the other.' },
  username_taken: { status: 409, retryable: false, about: 'Somebody has, or had, this username.' },
  already_member: { status: 409, retryable: false, about: 'This user is a member already.' },
  group_full: { status: 409, retryable: false, about: 'The group has reached its highest number of members.' },
  group_closed: { status: 409, retryable: false, about: 'The group is closed.' },
  message_deleted: { status: 409, retryable: false, about: 'The message has been deleted.' },
  client_id_reused: { status: 409, retryable: false, about: 'This clientMessageId was used for other content.' },
  previous_failed: {
    status: 409,
    retryable: true,
    about: 'An earlier message to this conversation was refused; send that one again first.',
  },
  too_large: { status: 413, retryable: false, about: 'The body, frame or content is larger than allowed.' },
  unsupported_media_type: { status: 415, retryable: false, about: 'Send `content-type: application/json`.' },
  rate_limited: { status: 429, retryable: true, about: 'Too many in a short time; try again a little later.' },
  overloaded: { status: 503, retryable: true, about: 'The server cannot take this now; try again a little later.' },
  storage_full: { status: 503, retryable: true, about: 'The server has no room to store this; it will recover when there is.' },
  storage_readonly: { status: 503, retryable: true, about: 'The server cannot write its store now.' },
  draining: { status: 503, retryable: true, about: 'The server is about to stop; connect again.' },
  internal: { status: 500, retryable: true, about: 'A fault of the server; it has been logged.' },
} as const satisfies Record<string, { status: number; retryable: boolean; about: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * Close codes of both sockets. The range tells the client what to do:
 *
 * - 4000–4099: connect again, with backoff and jitter;
 * - 4100–4199: get a new token first;
 * - 4200–4299: stop; connecting again would end the same way.
 */
export const CLOSE_CODES = {
  draining: { code: 4000, about: 'The server is about to stop.' },
  heartbeat_missed: { code: 4001, about: 'No answer to a ping within the deadline.' },
  slow_consumer: { code: 4002, about: 'The connection did not take its frames; nothing is lost, resume.' },
  restarted: { code: 4003, about: 'The server lost its place and asks for a fresh connection.' },
  token_expired: { code: 4100, about: 'The token has expired.' },
  session_ended: { code: 4101, about: 'The session was logged out or revoked.' },
  flooding: { code: 4200, about: 'Far more frames than the limits allow.' },
  protocol_abuse: { code: 4201, about: 'Too many malformed frames.' },
} as const satisfies Record<string, { code: number; about: string }>;

export type CloseReason = keyof typeof CLOSE_CODES;

/** What a client does after a close code; codes below 4000 are the network's or the WebSocket layer's own. */
export type AfterClose = 'reconnect' | 'reauthenticate' | 'stop';

export function afterClose(code: number): AfterClose {
  if (code >= 4100 && code < 4200) return 'reauthenticate';
  if (code >= 4200 && code < 4300) return 'stop';
  return 'reconnect';
}
