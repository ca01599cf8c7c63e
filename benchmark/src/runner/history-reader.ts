import { Agent, get } from 'node:http';
import { parley } from '../dialects/parley.js';
import { Client } from '../generator/client.js';
import type { SeededChat } from '../seed/order.js';
import { maskedText } from '../wire/masked-frame.js';
import type { Server } from '../generator/plan.js';

export type Door = 'socket' | 'http';

/** Where pages are read. */
export interface Doors {
  chat: Server;
  httpUrl: string;
}

/** Reads pages of one chat, one at a time, and times them. */
export abstract class HistoryReader {
  static async open(server: Doors, door: Door, chat: SeededChat): Promise<HistoryReader> {
    return door === 'http' ? new HttpReader(server.httpUrl, chat) : SocketReader.connect(server, chat);
  }

  /** How long the page took, in microseconds. */
  async read(limit: number, before?: number): Promise<number> {
    const from = performance.now();
    await this.page(limit, before);
    return (performance.now() - from) * 1_000;
  }

  abstract close(): void;
  protected abstract page(limit: number, before: number | undefined): Promise<void>;
}

class SocketReader extends HistoryReader {
  readonly #client: Client;
  readonly #chatId: string;
  #onPage: () => void = () => undefined;
  #onBroken: (error: Error) => void = () => undefined;

  private constructor({ chat }: Doors, { chatId, reader }: SeededChat) {
    super();
    this.#chatId = chatId;
    this.#client = new Client({
      upgrade: { ...chat, token: reader.token },
      localAddress: undefined,
      dialect: parley,
      onFrame: (_, { kind }) => {
        if (kind === 'page') this.#onPage();
        else if (kind === 'refused') this.#onBroken(new Error('a page was refused'));
      },
      onBroken: (error) => this.#onBroken(error),
    });
  }

  static async connect(server: Doors, chat: SeededChat): Promise<SocketReader> {
    const reader = new SocketReader(server, chat);
    await reader.#client.open();
    return reader;
  }

  override close(): void {
    this.#client.close();
  }

  protected override page(limit: number, before: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onPage = resolve;
      this.#onBroken = reject;
      this.#client.write(
        maskedText(JSON.stringify({ type: 'GET_ONE_TO_ONE_HISTORY', chatId: this.#chatId, limit, before, requestId: 'page' })),
      );
    });
  }
}

class HttpReader extends HistoryReader {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #token: string;

  constructor(httpUrl: string, { chatId, reader }: SeededChat) {
    super();
    this.#url = `${httpUrl}/chats/${chatId}/messages`;
    this.#token = reader.token;
  }

  override close(): void {
    this.#agent.destroy();
  }

  protected override page(limit: number, before: number | undefined): Promise<void> {
    const url = `${this.#url}?limit=${limit}${before === undefined ? '' : `&before=${before}`}`;
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent, headers: { authorization: `Bearer ${this.#token}` } }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`a page was answered ${answer.statusCode}`));
        answer.resume().once('end', resolve);
      });
      request.once('error', reject);
    });
  }
}
