import { once } from 'node:events';
import type { ChatCommandInput, EventOf, PresenceCommandInput, ServerEvent } from '@parley/protocol';
import { WebSocket } from 'ws';
import { until } from './until.js';

/** A client without the SDK: sends what it is told, and keeps every frame that came, in order. */
export class RawClient {
  readonly frames: ServerEvent[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | null = null;
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as ServerEvent));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  /** Connects with the token as a subprotocol. */
  static async connect(url: string, token: string, options: { headers?: Record<string, string> } = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, ['parley', token], options));
    await once(client.socket, 'open');
    return client;
  }

  /** The HTTP status with which an upgrade was refused. */
  static async refusedStatus(url: string, token: string, headers: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(url, token === '' ? [] : ['parley', token], { headers });
    return new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      socket.on('open', () => {
        socket.terminate();
        reject(new Error('expected the upgrade to be refused'));
      });
      socket.on('error', () => undefined);
    });
  }

  send(command: ChatCommandInput | PresenceCommandInput | Record<string, unknown>): void {
    this.socket.send(JSON.stringify(command));
  }

  sendText(text: string): void {
    this.socket.send(text);
  }

  /** Sends with a request id, and gives the frame that answers it. */
  async ask(command: ChatCommandInput | PresenceCommandInput | Record<string, unknown>): Promise<ServerEvent> {
    const requestId = `t${++this.#requests}`;
    this.send({ ...command, requestId });
    return until(`${String(command['type'])} is answered`, () =>
      this.frames.find((frame) => 'requestId' in frame && frame.requestId === requestId),
    );
  }

  /** Like `ask`, and fails unless the answer is of this type. */
  async askFor<T extends ServerEvent['type']>(
    type: T,
    command: ChatCommandInput | PresenceCommandInput | Record<string, unknown>,
  ): Promise<EventOf<T>> {
    const answer = await this.ask(command);
    if (answer.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(answer)}`);
    return answer as EventOf<T>;
  }

  /** All frames of a type so far. */
  of<T extends ServerEvent['type']>(type: T): EventOf<T>[] {
    return this.frames.filter((frame): frame is EventOf<T> => frame.type === type);
  }

  /** Waits for a frame of a type for which `matches` holds; frames that came before count. */
  next<T extends ServerEvent['type']>(type: T, matches: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    return until(`a ${type} comes`, () => this.of(type).find(matches));
  }

  /** Waits until everything that was sent to this connection before now has come. */
  async settle(): Promise<void> {
    await this.askFor('PONG', { type: 'PING' });
  }

  async close(): Promise<void> {
    this.socket.close();
    if (this.closed === null) await once(this.socket, 'close');
  }

  async ended(): Promise<{ code: number; reason: string }> {
    return until('the server closes the connection', () => this.closed);
  }
}
