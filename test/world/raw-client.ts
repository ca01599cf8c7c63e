import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ChatCommandInput, EventOf, http, PresenceCommandInput, ServerEvent } from '@parley/protocol';
import { WebSocket, type ClientOptions } from 'ws';
import { expectDocumented } from './documented.js';
import { until } from './until.js';

/** An upgrade that was refused: the HTTP answer. */
export interface RefusedUpgrade {
  status: number;
  headers: IncomingHttpHeaders;
  body: http.ErrorBody;
}

/**
 * A client without the SDK: sends what it is told, and keeps every frame that came, in order. A frame that is not as its
 * schema says fails the test.
 */
export class RawClient {
  readonly frames: ServerEvent[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | null = null;
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ServerEvent;
      expectDocumented(frame);
      this.frames.push(frame);
    });
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  /** Connects with the token as a subprotocol. */
  static connect(url: string, token: string, options: ClientOptions = {}): Promise<RawClient> {
    return RawClient.open(url, ['parley', token], options);
  }

  /** Connects with whatever is given. */
  static async open(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, protocols, options));
    await once(client.socket, 'open');
    return client;
  }

  /** The answer with which an upgrade was refused. */
  static async refused(url: string, token: string, headers: Record<string, string> = {}): Promise<RefusedUpgrade> {
    const socket = new WebSocket(url, token === '' ? [] : ['parley', token], { headers });
    return new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        text(response)
          .then((body) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(body) as http.ErrorBody }),
          )
          .catch(reject);
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
