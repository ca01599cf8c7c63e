import type { Environment, World } from '@parley/server';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { call, login, register, type Answer } from './http.js';
import { RawClient } from './raw-client.js';
import { startServer, type Reachable, type RunningServer } from './server.js';

let accounts = 0;

/** Somebody with an account, without the SDK: a token, and what can be opened with it. */
export class Account {
  readonly username: string;
  readonly token: string;
  readonly sessionId: string;
  readonly #server: Reachable;
  readonly #clients: RawClient[];

  private constructor(server: Reachable, username: string, session: { token: string; sessionId: string }, clients: RawClient[]) {
    this.#server = server;
    this.username = username;
    this.token = session.token;
    this.sessionId = session.sessionId;
    this.#clients = clients;
  }

  /** Registers somebody whose name begins so; tests of one server do not meet. */
  static async register(server: Reachable, name: string, clients: RawClient[] = []): Promise<Account> {
    const username = `${name}-${++accounts}`;
    return new Account(server, username, await register(server.addresses.http, username), clients);
  }

  /** The same person, signed in once more. */
  async signInAgain(): Promise<Account> {
    return new Account(this.#server, this.username, await login(this.#server.addresses.http, this.username), this.#clients);
  }

  chat(): Promise<RawClient> {
    return this.#open(this.#server.addresses.chat);
  }

  presence(): Promise<RawClient> {
    return this.#open(this.#server.addresses.presence);
  }

  call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return call<T>(this.#server.addresses.http, method, path, { token: this.token, ...(body !== undefined && { body }) });
  }

  async #open(url: string): Promise<RawClient> {
    const client = await RawClient.connect(url, this.token);
    this.#clients.push(client);
    return client;
  }
}

/** One server for the tests of a file, with new accounts for each. */
export interface Venue {
  readonly server: RunningServer;
  /** Registers people; the connections that they open end with the test. */
  people<const N extends string[]>(...names: N): Promise<{ [K in keyof N]: Account }>;
}

export function venue(env: Environment = {}, world: Partial<World> = {}): Venue {
  let server: RunningServer | null = null;
  const clients: RawClient[] = [];
  beforeAll(async () => {
    server = await startServer(env, world);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.socket.terminate();
  });
  afterAll(() => server?.remove());
  const running = () => {
    if (server === null) throw new Error('the server starts with the first test');
    return server;
  };
  return {
    get server() {
      return running();
    },
    async people<const N extends string[]>(...names: N) {
      const registered = await Promise.all(names.map((name) => Account.register(running(), name, clients)));
      return registered as { [K in keyof N]: Account };
    },
  };
}
