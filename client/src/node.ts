import { WebSocket } from 'ws';
import { ParleyClient, type ParleyClientOptions } from './client.js';
import type { Socket, SocketFactory } from './socket.js';

export * from './index.js';
export { FileOutbox } from './outbox-file.js';

const REFUSED = /^Unexpected server response: (\d{3})$/;

/** A WebSocket that also knows why its upgrade was refused. */
class NodeSocket extends WebSocket {
  refusedStatus: number | undefined;

  constructor(url: string, protocols: string[]) {
    // The server's frames are bounded by its own limits; this bounds what a wrong peer can make us hold.
    super(url, protocols, { perMessageDeflate: false, maxPayload: 4 * 1024 * 1024 });
    this.on('error', (error) => {
      const status = REFUSED.exec(error.message)?.[1];
      if (status !== undefined) this.refusedStatus = Number(status);
    });
  }
}

/** Opens WebSockets in Node, with `ws`. */
export const nodeSocket: SocketFactory = (url, protocols) => new NodeSocket(url, protocols) as unknown as Socket;

/**
 * A client for Node: ParleyClient with a WebSocket that works there.
 *
 * @example
 * import { createClient, FileOutbox, ParleyApi } from '@parley/client/node';
 * const api = new ParleyApi({ url: 'http://127.0.0.1:3000' });
 * const { token } = await api.login({ username: 'ann', password: 'correct horse battery' });
 * const client = createClient({ token, chatUrl: 'ws://127.0.0.1:4000', outbox: new FileOutbox('outbox-ann.jsonl') });
 * await client.connect();
 */
export function createClient(options: ParleyClientOptions): ParleyClient {
  return new ParleyClient({ webSocket: nodeSocket, ...options });
}
