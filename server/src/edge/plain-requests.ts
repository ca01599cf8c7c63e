import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** True if the client offers to go on as a WebSocket, not as HTTP/2 (`curl --http2`, Java's HttpClient) or whatever else. */
export const asksForWebSocket = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'websocket';

/** Requests whose offer to upgrade is not taken up: answered as if they had not made it (RFC 9110 §7.8). */
export class PlainRequests {
  readonly #server: Server;
  /** The newest answer of each connection: what was asked before on the same one is answered first. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, answer: ServerResponse) => this.#answers.set(request.socket, answer));
  }

  /**
   * Node has let go of the connection at the end of the request's headers: the server gets it as a new one, which begins
   * with the same request without the offer, its body, and whatever comes after.
   */
  serve(request: IncomingMessage, stream: Duplex, rest: Buffer): void {
    const ignore = () => undefined;
    const again = () => {
      stream.off('error', ignore);
      if (stream.destroyed || !stream.writable) return;
      stream.unshift(Buffer.concat([withoutOffer(request), rest]));
      this.#server.emit(stream instanceof TLSSocket ? 'secureConnection' : 'connection', stream);
    };
    const before = this.#answers.get(stream);
    if (before === undefined || before.destroyed || before.writableFinished) return again();
    stream.on('error', ignore);
    before.once('close', again);
  }
}

/** Node reads headers as latin1: these are the bytes that came. */
function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
