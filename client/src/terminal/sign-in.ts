import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { ParleyClient } from '../client.js';
import { createClient, FileOutbox, nodeSocket, ParleyApi, ParleyError } from '../node.js';
import { socketUrls, type TerminalOptions } from './options.js';
import type { Screen } from './screen.js';

/** Somebody who is signed in: HTTP, the live client, and the line between them and the server. */
export interface SignedIn {
  username: string;
  api: ParleyApi;
  client: ParleyClient;
  line: Line;
}

/** The client's own connection, for trying out what happens when it breaks. */
export class Line {
  #socket: WebSocket | null = null;

  readonly open: typeof nodeSocket = (url, protocols) => {
    const socket = nodeSocket(url, protocols);
    if (socket instanceof WebSocket) this.#socket = socket;
    return socket;
  };

  /** Cuts it, as a lost network would. */
  drop(): void {
    this.#socket?.terminate();
  }

  /** Stops reading, and so answering; the server gives up after its heartbeat. */
  mute(): void {
    this.#socket?.pause();
  }
}

/** Signs in, asking for what was not given; registers if that is wanted. Throws ParleyError. */
export async function signIn(options: TerminalOptions, screen: Screen): Promise<SignedIn> {
  const api = new ParleyApi({ url: options.url });
  await reachable(api, options.url);
  const username = options.user ?? (await screen.ask('Username: ')) ?? '';
  const password = options.password ?? (await screen.ask('Password: ', true)) ?? '';
  const { token, user } = await authenticate(api, username, password, options.register, screen);
  const line = new Line();
  const outbox = options.state === undefined ? undefined : new FileOutbox(join(options.state, `outbox-${user.userId}.jsonl`));
  const client = createClient({ token, api, webSocket: line.open, ...socketUrls(options), ...(outbox && { outbox }) });
  return { username: user.username, api, client, line };
}

/** Fails with a clear word if no server answers. */
export async function reachable(api: ParleyApi, url: string): Promise<void> {
  try {
    await api.health();
  } catch (error) {
    if (error instanceof ParleyError && error.code !== 'network') throw error;
    throw new Error(`No server answers at ${url}; start one with: npm start`, { cause: error });
  }
}

async function authenticate(api: ParleyApi, username: string, password: string, registers: boolean, screen: Screen) {
  try {
    return await api.login({ username, password });
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'wrong_credentials') throw error;
    const wants =
      registers ||
      (screen.isTerminal && /^y/i.test((await screen.ask('No such account and password. Make this account? [y/N] ')) ?? ''));
    if (!wants) throw error;
    return api.register({ username, password });
  }
}
