import { clientIdPattern, contentPattern, pattern, readClientId } from './client-id.js';
import type { Dialect } from './dialect.js';

/** A relay passes frames on and says nothing itself: a message's number in its stream stands in for a seq. */
export const relay: Dialect = {
  greeting: null,
  acknowledges: false,

  message({ to }, stream, contentBytes) {
    return pattern({
      type: 'ONE_TO_ONE_CHAT',
      to,
      content: contentPattern(contentBytes),
      clientMessageId: clientIdPattern(stream),
    });
  },

  ack() {
    return null;
  },

  open() {
    return null;
  },

  read(text) {
    const at = text.indexOf('"clientMessageId":"');
    if (at < 0) return { kind: 'other' };
    const { stream, number, stamp } = readClientId(text, at + '"clientMessageId":"'.length);
    return { kind: 'message', conversationId: `stream ${stream}`, seq: number, stamp, stream };
  },
};
