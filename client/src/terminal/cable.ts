import { WebSocket } from 'ws';
import { nodeSocket } from '../node.js';
import type { SocketFactory } from '../socket.js';

const GOODBYE_MS = 1_000;

/** The client's own connections, for trying out what happens when they break. */
export class Cable {
  readonly #sockets = new Set<WebSocket>();

  /** Give this to the client. */
  readonly open: SocketFactory = (url, protocols) => {
    const socket = nodeSocket(url, protocols);
    if (socket instanceof WebSocket) this.#follow(socket);
    return socket;
  };

  /** Cuts them, as a lost network would: nobody says goodbye. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Stops reading, and so answering pings, until `unmute`, or until one side gives up. */
  mute(): void {
    for (const socket of this.#sockets) if (socket.readyState === WebSocket.OPEN) socket.pause();
  }

  unmute(): void {
    for (const socket of this.#sockets) if (socket.isPaused) socket.resume();
  }

  /** Once the client is closed: lets the goodbyes through, but does not wait for a peer that is gone. */
  async end(): Promise<void> {
    this.unmute();
    // Not `once`: one that was still being opened says so as an error before it closes.
    const goodbyes = Array.from(this.#sockets, (socket) => new Promise((resolve) => socket.once('close', resolve)));
    const late = setTimeout(() => this.drop(), GOODBYE_MS);
    await Promise.all(goodbyes);
    clearTimeout(late);
  }

  #follow(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
