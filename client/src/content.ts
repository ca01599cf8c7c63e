import { LIMITS } from '@parley/protocol/limits';
import { ParleyError } from './errors.js';

/** What a frame holds beside the content, generously. */
const ENVELOPE_BYTES = 1_024;

/**
 * Refuses what the server would refuse, before it gets into the outbox. Throws ParleyError `invalid_field` or
 * `too_large`, for the field `content`.
 */
export function checkContent(content: string): void {
  if (content === '') throw new ParleyError('invalid_field', 'content: expected at least 1 character', { field: 'content' });
  if (/\p{Cs}/u.test(content)) {
    throw new ParleyError('invalid_field', 'content: expected well-formed Unicode (no lone surrogates)', { field: 'content' });
  }
  const encoder = new TextEncoder();
  // Control characters are six bytes each in JSON: a frame that is too large would end the connection, again and again.
  const fits =
    encoder.encode(content).length <= LIMITS.contentMaxBytes &&
    encoder.encode(JSON.stringify(content)).length <= LIMITS.frameMaxBytes - ENVELOPE_BYTES;
  if (!fits) {
    throw new ParleyError('too_large', `content: expected at most ${LIMITS.contentMaxBytes} bytes of UTF-8`, {
      field: 'content',
    });
  }
}
