import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** What a connection needs of a WebSocket. */
export interface Socket {
  /** Writes whole frames, as they are. */
  write(frames: Uint8Array): void;
  /** Bytes written but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  ping(): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends it at once. */
  terminate(): void;
  /** Calls back once when `bufferedBytes` is 0. */
  onceDrained(run: () => void): void;
}

const EMPTY = new Uint8Array(0);

/**
 * A WebSocket of `ws`, which reads, pings and closes; frames are written beside it, straight to the stream, many at a
 * time. Both write whole frames synchronously, so they never mix. Holds only without permessage-deflate.
 */
export class WsSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;

  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  write(frames: Uint8Array): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#stream.write(frames);
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  ping(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  onceDrained(run: () => void): void {
    // The end of an empty write is the end of all before it; it comes also when the stream is destroyed.
    this.#stream.write(EMPTY, () => run());
  }
}
