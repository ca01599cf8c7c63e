import type { EventOf, InboxChat } from '@parley/protocol';
import { ParleyClient, type ParleyClientOptions } from '../client.js';
import { scriptedSockets } from './scripted-socket.js';
import { settled, SimulatedRuntime } from './simulated-runtime.js';

export const CHAT = 'chat-1';
export const T = 1_790_000_000_000;

export function item(change: Partial<InboxChat> = {}): InboxChat {
  const cursors = { peerDelivered: 0, peerRead: 0, delivered: 0, read: 0 };
  const settings = { muted: false, pinned: false, archived: false };
  return {
    settings,
    chatId: CHAT,
    with: 'bob',
    blocked: false,
    lastSeq: 0,
    ordinal: 0,
    unread: 0,
    lastAt: T,
    ...cursors,
    ...change,
  };
}

export function live(seq: number, change: Partial<EventOf<'ONE_TO_ONE_CHAT'>> = {}): EventOf<'ONE_TO_ONE_CHAT'> {
  return {
    type: 'ONE_TO_ONE_CHAT',
    chatId: CHAT,
    from: 'bob',
    to: 'ann',
    seq,
    ordinal: seq,
    messageId: `m${seq}`,
    content: `c${seq}`,
    createdAt: T + seq,
    ...change,
  };
}

/** Ann's client, of whose connection the test is the other end. */
export function annsClient(options: Partial<ParleyClientOptions> = {}) {
  const runtime = new SimulatedRuntime();
  const { factory, last, sockets } = scriptedSockets();
  const client = new ParleyClient({ token: 't', chatUrl: 'ws://chat', webSocket: factory, runtime, ...options });
  const seen: number[] = [];
  client.on('message', ({ message }) => seen.push(message.seq));
  const opened = client.connect();
  opened.catch(() => undefined);
  const inbox = async (chats: InboxChat[], token = 'token-1') => {
    await settled();
    last().open();
    const asked = last().commands('INIT_DATA').at(-1);
    last().say({ type: 'INIT_DATA', requestId: asked?.requestId ?? '', username: 'ann', chats, groups: [], left: [], token });
    await settled();
  };
  /** Answers the last history request with messages of this range. */
  const page = async (from: number, to: number, hasMore = false) => {
    const asked = last().commands('GET_ONE_TO_ONE_HISTORY').at(-1);
    const messages = Array.from({ length: to - from + 1 }, (_, index) => live(from + index)).map(
      ({ type: _t, to: _to, chatId: _c, ...message }) => message,
    );
    last().say({
      type: 'ONE_TO_ONE_CHAT_HISTORY',
      requestId: asked?.requestId ?? '',
      chatId: CHAT,
      with: 'bob',
      messages,
      events: [],
      coversFrom: from,
      coversTo: to,
      hasMore,
    });
    await settled();
  };
  const succeed = async (type: string) => {
    const { requestId = '' } = last().commands(type).at(-1) ?? {};
    last().say({ type: 'SUCCESS', command: type, requestId });
    await settled();
  };
  return { client, runtime, last, sockets, seen, opened, inbox, page, succeed };
}
