import { IndexedDbOutbox, ParleyApi, ParleyClient, ParleyError, systemRuntime } from '@parley/client';
import { withNextFrame } from '../device/frames.js';

/* Who is signed in, in this browser. The token is in a cookie that no script can read. */

/** Somebody who is signed in: what the app works with. */
export interface Session {
  readonly username: string;
  /** Whether they may see the pages for operators; null: not known yet. */
  readonly isAdmin: boolean | null;
  readonly api: ParleyApi;
  readonly client: ParleyClient;
}

export type SessionState =
  | { name: 'unknown' }
  /** `wasEnded`: it was not the person at this device who ended it. */
  | { name: 'out'; wasEnded: boolean }
  | { name: 'in'; session: Session };

/** Whoever was here last: the app starts for them also without a connection. */
const KEY = 'parley-user';
/** Whoever scrolls back through years keeps what they have read: some 40 MB at most, until the page is closed. */
const TIMELINE_MAX_ENTRIES = 120_000;
/** What one goes to and fro between in a day. */
const TIMELINES_MAX_OPEN = 50;
/** Tabs of one browser sign in and out together. */
const tabs = new BroadcastChannel('parley-session');

class Sessions {
  readonly api = new ParleyApi({ url: location.origin, cookie: true });
  #state: SessionState = { name: 'unknown' };
  readonly #listeners = new Set<() => void>();

  constructor() {
    tabs.onmessage = () => void this.find();
  }

  readonly current = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whoever was here last is in at once; meanwhile it is asked whether their cookie still holds. */
  async find(): Promise<void> {
    const remembered = localStorage.getItem(KEY);
    if (remembered === null) return this.#leave(false);
    this.#enter({ username: remembered });
    try {
      this.#enter(await this.api.me());
    } catch (error) {
      // If it cannot be asked they have what is kept here, and connect when that works.
      if (error instanceof ParleyError && error.status === 401) this.#leave(true);
    }
  }

  async signIn(username: string, password: string): Promise<void> {
    const { user } = await this.api.login({ username, password, cookie: true });
    this.#enter(user);
    tabs.postMessage('in');
  }

  async signUp(username: string, password: string): Promise<void> {
    const { user } = await this.api.register({ username, password, cookie: true });
    this.#enter(user);
    tabs.postMessage('in');
  }

  async signOut(): Promise<void> {
    await this.api.logout();
    this.#leave(false);
    tabs.postMessage('out');
  }

  /** Closes the account for good; what it kept in this browser goes too. */
  async closeAccount(password: string): Promise<void> {
    await this.api.closeAccount(password);
    this.#leave(false);
    tabs.postMessage('out');
  }

  #enter({ username, admin = null }: { username: string; admin?: boolean | null }): void {
    const known = this.#state.name === 'in' && this.#state.session.username === username ? this.#state.session : null;
    if (known !== null && (admin === null || known.isAdmin === admin)) return;
    if (known === null) this.#close();
    localStorage.setItem(KEY, username);
    this.#set({ name: 'in', session: { ...(known ?? this.#open(username)), isAdmin: admin } });
  }

  #open(username: string): Session {
    const { api } = this;
    const sockets = `${location.origin.replace(/^http/, 'ws')}/ws`;
    const client = new ParleyClient({
      token: () => api.ticket(),
      api,
      chatUrl: `${sockets}/chat`,
      presenceUrl: `${sockets}/presence`,
      outbox: new IndexedDbOutbox(username),
      runtime: { ...systemRuntime, soon: withNextFrame },
      bounds: { timelineMaxEntries: TIMELINE_MAX_ENTRIES, timelinesMaxOpen: TIMELINES_MAX_OPEN },
    });
    client.on('state', (state) => {
      if (state.name === 'closed' && state.cause !== 'user') this.#leave(true);
    });
    void client.connect().catch(() => undefined);
    return { username, isAdmin: null, api, client };
  }

  #leave(wasEnded: boolean): void {
    this.#close();
    localStorage.removeItem(KEY);
    this.#set({ name: 'out', wasEnded });
  }

  #close(): void {
    if (this.#state.name === 'in') void this.#state.session.client.close();
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const sessions = new Sessions();
