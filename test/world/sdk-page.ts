// Runs in the browser: a page that keeps one client, as an app does. Who has signed in is signed in after a reload.
import { IndexedDbOutbox, ParleyApi, ParleyClient } from '@parley/client';

interface SignedIn {
  http: string;
  chat: string;
  username: string;
  token: string;
}

const page = {
  IndexedDbOutbox,
  client: null as ParleyClient | null,
  /** Looks into the outbox beside the client. */
  outbox: new IndexedDbOutbox('nobody'),

  async signIn({ password, ...account }: Omit<SignedIn, 'token'> & { password: string }): Promise<void> {
    const { token } = await new ParleyApi({ url: account.http }).login({ username: account.username, password });
    localStorage.setItem('session', JSON.stringify({ ...account, token }));
    page.start();
  },

  start(): void {
    const session = JSON.parse(localStorage.getItem('session') ?? 'null') as SignedIn | null;
    if (session === null) return;
    const { http, chat, username, token } = session;
    const client = new ParleyClient({
      token,
      chatUrl: chat,
      api: new ParleyApi({ url: http, token }),
      outbox: new IndexedDbOutbox(username),
      times: { backoff: { baseMs: 20, maxMs: 200 } },
    });
    page.outbox = new IndexedDbOutbox(username);
    addEventListener('online', () => client.reconnectNow());
    page.client = client;
    void client.connect();
  },

  get me(): ParleyClient {
    if (page.client === null) throw new Error('nobody is signed in');
    return page.client;
  },
};

declare global {
  /** What a test finds in the page. */
  // oxlint-disable-next-line no-var -- how a global is declared
  var parley: typeof page;
}

globalThis.parley = page;
page.start();
