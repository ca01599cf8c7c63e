import { Refusal, type http, type Inbox, type InboxGroup } from '@parley/protocol';
import { patiently, type Limit } from './patience.js';
import type { Dummy } from './place.js';

const DEADLINE_MS = 15_000;

interface Asked {
  token?: string;
  body?: object;
}

/** The HTTP API of a server, as far as seeds need it. Waits out its short limits. */
export class ServerApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
  }

  register({ username, password, displayName }: Dummy): Promise<http.Authenticated> {
    const body = { username, password, displayName };
    return this.#ask('LIMIT_REGISTRATIONS_PER_HOUR', 'POST', '/auth/register', { body });
  }

  login({ username, password }: Dummy): Promise<http.Authenticated> {
    return this.#ask('LIMIT_LOGINS_PER_MIN', 'POST', '/auth/login', { body: { username, password } });
  }

  async logout(token: string): Promise<void> {
    await this.#ask('LIMIT_REQUESTS_PER_S', 'POST', '/auth/logout', { token });
  }

  user(token: string, username: string): Promise<http.User> {
    return this.#ask('LIMIT_REQUESTS_PER_S', 'GET', `/users/${encodeURIComponent(username)}`, { token });
  }

  inbox(token: string, cursor: string | undefined): Promise<Inbox> {
    const query = new URLSearchParams({ limit: '200', ...(cursor !== undefined && { cursor }) });
    return this.#ask('LIMIT_HISTORY_PER_S', 'GET', `/inbox?${query.toString()}`, { token });
  }

  startChat(token: string, username: string): Promise<http.ChatRef> {
    return this.#ask('LIMIT_JOINS_PER_MIN', 'POST', '/chats', { token, body: { with: username } });
  }

  createGroup(token: string, name: string, members: string[]): Promise<InboxGroup> {
    return this.#ask('LIMIT_JOINS_PER_MIN', 'POST', '/groups', { token, body: { name, members } });
  }

  #ask<Answer>(limit: Limit, method: string, path: string, asked: Asked): Promise<Answer> {
    return patiently(limit, async () => {
      const response = await this.#fetch(method, path, asked);
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) throw refusedBy(response, body);
      return body as Answer;
    });
  }

  async #fetch(method: string, path: string, { token, body }: Asked): Promise<Response> {
    try {
      return await fetch(this.url + path, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch (error) {
      throw new Error(`no answer from ${this.url} (${reasonOf(error)}); say where the server is with --url`, { cause: error });
    }
  }
}

function refusedBy({ status, url }: Response, body: unknown): Error {
  const error = typeof body === 'object' && body !== null ? (body as Partial<http.ErrorBody>).error : undefined;
  if (error === undefined) return new Error(`${url} answered ${status}, not in the words of Parley`);
  const { code, message, field, retryAfterMs } = error;
  return new Refusal(code, message, {
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** `fetch` hides why it failed one level down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
