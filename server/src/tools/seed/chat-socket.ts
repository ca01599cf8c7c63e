import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Refusal, type ChatCommandInput, type ChatEvent } from '@parley/protocol';

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** A chat connection that sends, and waits for each answer. */
export class ChatSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#answered(JSON.parse(data.toString()) as ChatEvent));
    socket.on('close', (code) => this.#failAll(new Error(`the chat connection was closed (${code})`)));
    // What failed is said by the close that follows.
    socket.on('error', () => undefined);
  }

  static async open(url: string, token: string): Promise<ChatSocket> {
    const socket = new WebSocket(url, ['parley', token]);
    await once(socket, 'open');
    return new ChatSocket(socket);
  }

  /** Resolves with the SUCCESS of the command, rejects with the refusal. */
  send(command: ChatCommandInput): Promise<void> {
    const requestId = `seed-${++this.#requests}`;
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return reject(new Error('the chat connection is closed'));
      this.#waiting.set(requestId, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...command, requestId }));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #answered(event: ChatEvent): void {
    if (event.type !== 'SUCCESS' && event.type !== 'ERROR') return;
    const waiting = this.#waiting.get(event.requestId ?? '');
    this.#waiting.delete(event.requestId ?? '');
    if (event.type === 'SUCCESS') return waiting?.resolve();
    const { code, message, retryAfterMs } = event;
    waiting?.reject(new Refusal(code, message, retryAfterMs === undefined ? {} : { retryAfterMs }));
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
