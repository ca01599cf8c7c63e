import type { EventOf } from '@parley/protocol';
import { PLACES } from '../wire/masked-frame.js';
import { clientIdPattern, contentPattern, pattern, readClientId } from './client-id.js';
import type { Dialect, Incoming } from './dialect.js';

const OTHER: Incoming = { kind: 'other' };

/**
 * Parley's wire, as the SDK speaks it. What comes by the thousand is not parsed but searched for the few fields that
 * matter: their names stand nowhere else in such a frame, for the content is ours.
 */
export const parley: Dialect = {
  greeting: JSON.stringify({ type: 'INIT_DATA', requestId: 'init' }),
  acknowledges: true,

  message({ kind, conversationId, to }, stream, contentBytes) {
    const common = { content: contentPattern(contentBytes), clientMessageId: clientIdPattern(stream), requestId: PLACES.number };
    const message =
      kind === 'direct'
        ? { type: 'ONE_TO_ONE_CHAT', to, chatId: conversationId, ...common }
        : { type: 'GROUP_CHAT', groupId: conversationId, ...common };
    return pattern(message);
  },

  ack({ kind, conversationId }, upTo) {
    const where = kind === 'direct' ? { chatId: conversationId } : { groupId: conversationId };
    return JSON.stringify({ type: 'ACK', ...where, upTo, requestId: 'ack' });
  },

  open({ kind, conversationId }, limit) {
    return kind === 'direct'
      ? JSON.stringify({ type: 'GET_ONE_TO_ONE_HISTORY', chatId: conversationId, limit, requestId: 'open' })
      : JSON.stringify({ type: 'GET_GROUP_CHAT_HISTORY', groupId: conversationId, limit, requestId: 'open' });
  },

  read(text) {
    switch (stringAfter(text, '"type":"')) {
      case 'ONE_TO_ONE_CHAT':
        return messageIn(text, '"chatId":"');
      case 'GROUP_CHAT':
        return messageIn(text, '"groupId":"');
      case 'SUCCESS':
        return acceptedIn(text);
      case 'ERROR':
        return refusedIn(JSON.parse(text) as EventOf<'ERROR'>);
      case 'INIT_DATA':
        return inboxIn(JSON.parse(text) as EventOf<'INIT_DATA'>);
      case 'ONE_TO_ONE_CHAT_HISTORY':
        return { kind: 'page', conversationId: stringAfter(text, '"chatId":"'), coversTo: numberAfter(text, '"coversTo":') };
      case 'GROUP_CHAT_HISTORY':
        return { kind: 'page', conversationId: stringAfter(text, '"groupId":"'), coversTo: numberAfter(text, '"coversTo":') };
      default:
        return OTHER;
    }
  },
};

function messageIn(text: string, conversationKey: string): Incoming {
  const contentAt = text.indexOf('"content":"') + '"content":"'.length;
  return {
    kind: 'message',
    conversationId: stringAfter(text, conversationKey),
    seq: numberAfter(text, '"seq":'),
    stamp: Number(text.slice(contentAt, contentAt + PLACES.stamp.length)),
    stream: null,
  };
}

function acceptedIn(text: string): Incoming {
  const idAt = text.indexOf('"clientMessageId":"');
  if (idAt < 0) return OTHER;
  const { stream, stamp } = readClientId(text, idAt + '"clientMessageId":"'.length);
  const conversationId = stringAfter(text, '"chatId":"') || stringAfter(text, '"groupId":"');
  return { kind: 'accepted', conversationId, seq: numberAfter(text, '"seq":'), stamp, stream };
}

function refusedIn({ code, clientMessageId }: EventOf<'ERROR'>): Incoming {
  return { kind: 'refused', code, stream: clientMessageId === undefined ? null : readClientId(clientMessageId, 0).stream };
}

function inboxIn({ chats, groups }: EventOf<'INIT_DATA'>): Incoming {
  const ofChats = chats.map(({ chatId, lastSeq }): [string, number] => [chatId, lastSeq]);
  const ofGroups = groups.map(({ groupId, lastSeq }): [string, number] => [groupId, lastSeq]);
  return { kind: 'inbox', lastSeqs: [...ofChats, ...ofGroups] };
}

function stringAfter(text: string, key: string): string {
  const at = text.indexOf(key);
  return at < 0 ? '' : text.slice(at + key.length, text.indexOf('"', at + key.length));
}

function numberAfter(text: string, key: string): number {
  const at = text.indexOf(key);
  return at < 0 ? Number.NaN : Number.parseInt(text.slice(at + key.length, at + key.length + 16), 10);
}
