import type { Access, Colour, ConversationSettings, EventOf, http, Inbox, InboxGroup, Role, Visibility } from '@parley/protocol';
import { asParleyError, ParleyError } from './errors.js';

export interface ParleyApiOptions {
  /** The API's base, as `http://127.0.0.1:3000`; a path in front of the routes may follow. */
  url: string;
  /** A token from an earlier login. `register` and `login` set it too. */
  token?: string | undefined;
  /**
   * For pages: the session is in a cookie that no script can read, and no token is sent. Sign in with `cookie: true`,
   * and connect with `ticket`.
   */
  cookie?: boolean | undefined;
  /** By default the platform's own. */
  fetch?: typeof globalThis.fetch | undefined;
  /** An answer that takes longer is given up, in milliseconds. */
  deadlineMs?: number | undefined;
}

/** Which part of a log: below or above a seq, both exclusive; neither means the newest. */
export interface HistoryQuery {
  before?: number | undefined;
  after?: number | undefined;
  /** 1–100. */
  limit?: number | undefined;
}

export interface GroupDraft {
  name: string;
  access?: Access | undefined;
  visibility?: Visibility | undefined;
  /** Usernames, without one's own. */
  members?: readonly string[] | undefined;
}

export interface SignIn {
  username: string;
  password: string;
  /** The session goes into a cookie of the browser, and no token is given. */
  cookie?: boolean | undefined;
}
export interface SignUp extends SignIn {
  displayName?: string | undefined;
}

type Query = Record<string, string | number | undefined>;

/** A refused request's body, as far as it can be trusted. */
type Refused = { error?: Partial<Omit<EventOf<'ERROR'>, 'type'>> };

const DEADLINE_MS = 15_000;
const EXPORT_DEADLINE_MS = 600_000;

/**
 * The HTTP API: accounts, sessions, people, groups, history. Every call rejects with ParleyError: the server's refusal
 * with its `code`, or `network` or `timeout`. Nothing is retried by itself.
 *
 * @example
 * const api = new ParleyApi({ url: 'http://127.0.0.1:3000' });
 * const { token } = await api.login({ username: 'ann', password: 'correct horse battery' });
 *
 * @example
 * // In a page of the server itself.
 * const api = new ParleyApi({ url: location.origin, cookie: true });
 * await api.login({ username, password, cookie: true });
 * const client = new ParleyClient({ token: () => api.ticket(), api, chatUrl, presenceUrl });
 */
export class ParleyApi {
  readonly #url: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #deadlineMs: number;
  readonly #byCookie: boolean;
  /** Sent with every call; set by `register` and `login`, taken away by `logout`. */
  token: string | null;

  constructor(options: ParleyApiOptions) {
    this.#url = options.url.replace(/\/+$/, '');
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#byCookie = options.cookie ?? false;
    this.token = options.token ?? null;
  }

  /** Makes an account and logs in. `username_taken` if somebody has, or had, the name. */
  register(account: SignUp & { cookie: true }): Promise<http.CookieSession>;
  register(account: SignUp): Promise<http.Authenticated>;
  register(account: SignUp): Promise<http.Authenticated | http.CookieSession> {
    return this.#begin('/auth/register', account);
  }
  /** `wrong_credentials` says no more than that. */
  login(credentials: SignIn & { cookie: true }): Promise<http.CookieSession>;
  login(credentials: SignIn): Promise<http.Authenticated>;
  login(credentials: SignIn): Promise<http.Authenticated | http.CookieSession> {
    return this.#begin('/auth/login', credentials);
  }
  /** Whether a username may be registered; needs no token. */
  async isUsernameFree(username: string): Promise<boolean> {
    return (await this.call<{ free: boolean }>('GET', path`/auth/usernames/${username}`)).free;
  }
  /** Whether nobody has an account here yet; needs no token. */
  async isNew(): Promise<boolean> {
    return (await this.call<{ isNew: boolean }>('GET', '/auth/installation')).isNew;
  }
  /** What opens a socket of this session within a minute, in place of the token. */
  async ticket(): Promise<string> {
    return (await this.call<http.Ticket>('POST', '/auth/ticket')).ticket;
  }
  /** Ends this session: its token or cookie, and its sockets. */
  async logout(): Promise<void> {
    await this.call<void>('POST', '/auth/logout');
    this.token = null;
  }

  me(): Promise<http.Me> {
    return this.call('GET', '/me');
  }
  /** What is not given stays; null takes a display name or colour away. */
  updateProfile(change: {
    displayName?: string | null | undefined;
    colour?: Colour | null | undefined;
    invisible?: boolean | undefined;
  }): Promise<http.Me> {
    return this.call('PATCH', '/me', change);
  }
  /** All other sessions end. */
  changePassword(change: { current: string; next: string }): Promise<void> {
    return this.call('POST', '/me/password', change);
  }
  async sessions(): Promise<http.Session[]> {
    return (await this.call<{ sessions: http.Session[] }>('GET', '/me/sessions')).sessions;
  }
  endSession(sessionId: string): Promise<void> {
    return this.call('DELETE', path`/me/sessions/${sessionId}`);
  }
  async blocks(): Promise<{ username: string; since: number }[]> {
    return (await this.call<{ blocks: { username: string; since: number }[] }>('GET', '/me/blocks')).blocks;
  }
  /** Neither can write to the other until `unblock`. */
  block(username: string): Promise<void> {
    return this.call('PUT', path`/me/blocks/${username}`);
  }
  unblock(username: string): Promise<void> {
    return this.call('DELETE', path`/me/blocks/${username}`);
  }

  /** How one wants to see a direct chat or group: what is not given stays. Gives all of it. */
  setConversation(conversationId: string, change: Partial<ConversationSettings>): Promise<ConversationSettings> {
    return this.call('PUT', path`/me/conversations/${conversationId}`, change);
  }

  /** All that there is of oneself, every message that one wrote included. A page with a cookie may link to `/me/export`. */
  exportOwn(): Promise<http.Export> {
    return this.call('GET', '/me/export', undefined, {}, EXPORT_DEADLINE_MS);
  }
  /** Closes the account for good. What one wrote stays, and nobody else gets the name. */
  async closeAccount(password: string): Promise<void> {
    await this.call<void>('DELETE', '/me', { password });
    this.token = null;
  }

  /** People whose username begins so, without case; `limit` 1–50. */
  async searchUsers(prefix: string, limit?: number): Promise<http.User[]> {
    return (await this.call<{ users: http.User[] }>('GET', '/users', undefined, { prefix, limit })).users;
  }
  user(username: string): Promise<http.User> {
    return this.call('GET', path`/users/${username}`);
  }
  /** People with whom one has a direct chat. */
  async friends(): Promise<{ username: string; chatId: string }[]> {
    return (await this.call<{ friends: { username: string; chatId: string }[] }>('GET', '/friends')).friends;
  }

  /** The direct chat with somebody, started at need. */
  startChat(username: string): Promise<http.ChatRef> {
    return this.call('POST', '/chats', { with: username });
  }
  chatHistory(chatId: string, query: HistoryQuery = {}): Promise<http.ChatHistory> {
    return this.call('GET', path`/chats/${chatId}/messages`, undefined, { ...query });
  }
  /** A page of the inbox: the first, the next (`cursor`), or what moved since the last complete read (`token`). */
  inbox(query: { token?: string | undefined; cursor?: string | undefined; limit?: number | undefined } = {}): Promise<Inbox> {
    return this.call('GET', '/inbox', undefined, { ...query });
  }

  createGroup(draft: GroupDraft): Promise<InboxGroup> {
    return this.call('POST', '/groups', draft);
  }
  group(groupId: string): Promise<InboxGroup> {
    return this.call('GET', path`/groups/${groupId}`);
  }
  /** For admins. */
  changeGroup(
    groupId: string,
    change: { name?: string | undefined; access?: Access | undefined; visibility?: Visibility | undefined },
  ): Promise<InboxGroup> {
    return this.call('PATCH', path`/groups/${groupId}`, change);
  }
  /** An open group's name, before one joins it. */
  invitation(groupId: string): Promise<http.Invitation> {
    return this.call('GET', path`/groups/${groupId}/invitation`);
  }
  joinGroup(groupId: string): Promise<InboxGroup> {
    return this.call('POST', path`/groups/${groupId}/join`);
  }
  leaveGroup(groupId: string): Promise<void> {
    return this.call('POST', path`/groups/${groupId}/leave`);
  }
  groupHistory(groupId: string, query: HistoryQuery = {}): Promise<http.GroupHistory> {
    return this.call('GET', path`/groups/${groupId}/messages`, undefined, { ...query });
  }
  /** By username; the next page begins `after` the last of this one. */
  members(groupId: string, query: { after?: string | undefined; limit?: number | undefined } = {}): Promise<http.Members> {
    return this.call('GET', path`/groups/${groupId}/members`, undefined, { ...query });
  }
  addMember(groupId: string, username: string): Promise<void> {
    return this.call('POST', path`/groups/${groupId}/members`, { username });
  }
  removeMember(groupId: string, username: string): Promise<void> {
    return this.call('DELETE', path`/groups/${groupId}/members/${username}`);
  }
  /** For owners. */
  setRole(groupId: string, username: string, role: Role): Promise<void> {
    return this.call('PATCH', path`/groups/${groupId}/members/${username}`, { role });
  }

  /** How the server is; answers also while it is degraded or draining. */
  health(): Promise<http.Health> {
    return this.call('GET', '/health');
  }

  async #begin(route: string, account: SignIn): Promise<http.Authenticated | http.CookieSession> {
    const session = await this.call<http.Authenticated | http.CookieSession>('POST', route, account);
    if ('token' in session) this.token = session.token;
    return session;
  }

  /** Any route, such as one that this class has no method for. */
  async call<Answer>(
    method: string,
    route: string,
    body?: object,
    query: Query = {},
    deadlineMs: number = this.#deadlineMs,
  ): Promise<Answer> {
    const response = await this.#request(method, route + queryString(query), body, deadlineMs);
    if (response.status === 204) return undefined as Answer;
    const answer: unknown = await response.json().catch(() => null);
    // A degraded server answers /health with 503 and the health.
    if (response.ok || (route === '/health' && typeof answer === 'object' && answer !== null && 'status' in answer)) {
      return answer as Answer;
    }
    throw refusalOf(response, answer);
  }

  async #request(method: string, route: string, body: object | undefined, deadlineMs: number): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.token !== null && !this.#byCookie) headers['authorization'] = `Bearer ${this.token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const signal = AbortSignal.timeout(deadlineMs);
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const cookies = this.#byCookie ? ({ credentials: 'same-origin' } as const) : {};
    try {
      return await this.#fetch(this.#url + route, { method, headers, signal, ...cookies, ...content });
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      throw asParleyError(error, isLate ? 'timeout' : 'network');
    }
  }
}

function refusalOf(response: Response, answer: unknown): ParleyError {
  const { status } = response;
  const error = typeof answer === 'object' && answer !== null ? (answer as Refused).error : undefined;
  if (error?.code === undefined) {
    // Not our server's words: a proxy in between, most likely.
    return new ParleyError('bad_reply', `HTTP ${status} without an error of the protocol`, {
      status,
      retryable: status >= 500 || status === 429,
    });
  }
  const afterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = error.retryAfterMs ?? (Number.isFinite(afterSeconds) ? afterSeconds * 1_000 : undefined);
  return new ParleyError(error.code, error.message ?? error.code, { ...error, retryAfterMs, status });
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

/** A path with its parts escaped. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((whole, part, index) => whole + encodeURIComponent(values[index - 1] ?? '') + part);
}
