/** The part of a WebSocket that the SDK uses: a browser's own fits, and so does `ws` for Node. */
export interface Socket {
  send(frame: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  /** 1: frames can be sent; 2 and 3: it closes, or is closed, which may be told only later. Where there is none, it can. */
  readonly readyState?: number | undefined;
  /** The HTTP status of a refused upgrade, where the platform tells it. Browsers do not. */
  readonly refusedStatus?: number | undefined;
}

/** Opens a WebSocket. The SDK passes the token as the second subprotocol: `['parley', token]`. */
export type SocketFactory = (url: string, protocols: string[]) => Socket;

/** The platform's own WebSocket: browsers, and Node 22 and later. In Node 20 use `@parley/client/node`. */
export const platformSocket: SocketFactory = (url, protocols) => {
  if (typeof WebSocket === 'undefined') {
    throw new Error('no WebSocket on this platform: import from @parley/client/node, or pass the option webSocket');
  }
  return new WebSocket(url, protocols) as unknown as Socket;
};
