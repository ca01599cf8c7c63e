import type { http } from '@parley/protocol';
import { createClient, ParleyApi } from '@parley/client/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { venue } from '../world/accounts.js';
import { call, PASSWORD, type Answer } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { until } from '../world/until.js';

const OTHER_PAGE = 'https://elsewhere.example.org';
const OUR_OTHER_PAGE = 'https://app.example.org';
const CHANGE = { displayName: 'Somebody' };

/** What a browser keeps of an answer. */
const cookieIn = ({ headers }: Answer<unknown>) => headers.get('set-cookie') ?? '';
const pairOf = (setCookie: string) => setCookie.split(';')[0] ?? '';

describe('a browser', () => {
  const here = venue({ CORS_ORIGIN: OUR_OTHER_PAGE, TRUST_PROXY: '1' });
  /** One of the servers: a page is of one host. */
  const base = () => here.server.nodes[0]?.http ?? '';
  let people = 0;

  /** Signs somebody up as a page does; gives the cookie. */
  async function signUp(headers: Record<string, string> = {}): Promise<{ answer: Answer<http.CookieSession>; cookie: string }> {
    const body = { username: `page-${++people}`, password: PASSWORD, cookie: true };
    const answer = await call<http.CookieSession>(base(), 'POST', '/auth/register', { body, headers });
    return { answer, cookie: pairOf(cookieIn(answer)) };
  }
  const change = (headers: Record<string, string>) => call(base(), 'PATCH', '/me', { body: CHANGE, headers });

  test('W62 signs up and in with a cookie that scripts cannot read, and gets no token', async () => {
    const { answer, cookie } = await signUp();
    const body = { username: answer.body.user.username, password: PASSWORD, cookie: true };
    const again = await call<http.CookieSession>(base(), 'POST', '/auth/login', { body });
    for (const [{ status, body: session, ...rest }, expected] of [
      [answer, 201],
      [again, 200],
    ] as const) {
      expect(status).toBe(expected);
      expect(Object.keys(session).sort()).toEqual(['expiresAt', 'sessionId', 'user']);
      const [pair = '', ...attributes] = cookieIn({ status, body: session, ...rest }).split('; ');
      expect(pair).toMatch(/^parley_session=[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(attributes.toSorted()).toEqual([
        'HttpOnly',
        expect.stringMatching(/^Max-Age=60\d{4}$/),
        'Path=/',
        'SameSite=Strict',
      ]);
    }
    const me = await call<http.Me>(base(), 'GET', '/me', { headers: { cookie: `theme=dark; ${cookie}; x=1` } });
    expect(me).toMatchObject({ status: 200, body: { username: body.username } });
  });

  test('W62 over TLS the cookie is Secure and bound to the host, and the other name counts for nothing', async () => {
    const tls = { 'x-forwarded-proto': 'https' };
    const { answer, cookie } = await signUp(tls);
    expect(cookieIn(answer)).toMatch(/^__Host-parley_session=.*; Secure$/);
    const me = (pair: string) => call(base(), 'GET', '/me', { headers: { ...tls, cookie: pair } });
    expect((await me(cookie)).status).toBe(200);
    expect((await me(cookie.replace('__Host-', ''))).status).toBe(401);
  });

  test('W62 without `cookie` there is a token and no cookie, and a token goes before a cookie', async () => {
    const [ann] = await here.people('ann');
    const answer = await call(base(), 'POST', '/auth/login', { body: { username: ann.username, password: PASSWORD } });
    expect([answer.status, cookieIn(answer)]).toEqual([200, '']);
    const { cookie } = await signUp();
    const me = await call<http.Me>(base(), 'GET', '/me', { token: ann.token, headers: { cookie } });
    expect(me.body.username).toBe(ann.username);
    expect((await call(base(), 'GET', '/me', { token: 'nonsense', headers: { cookie } })).status).toBe(401);
  });

  test('W62 signing out ends the session and takes the cookie away', async () => {
    const { cookie } = await signUp();
    const out = await call(base(), 'POST', '/auth/logout', { headers: { cookie, 'sec-fetch-site': 'same-origin' } });
    expect([out.status, cookieIn(out)]).toEqual([204, expect.stringMatching(/^parley_session=; .*Max-Age=0/)]);
    expect((await call(base(), 'GET', '/me', { headers: { cookie } })).status).toBe(401);
  });

  test('W63 what changes something with a cookie is taken from pages of this server only', async () => {
    const { cookie } = await signUp();
    const own = base();
    const port = new URL(own).port;
    const tried: [Record<string, string>, number][] = [
      [{ 'sec-fetch-site': 'same-origin' }, 200],
      [{ origin: own }, 200],
      [{ origin: OUR_OTHER_PAGE, 'sec-fetch-site': 'same-site' }, 200],
      [{ origin: 'https://chat.example.org', 'x-forwarded-host': 'chat.example.org' }, 200],
      [{}, 403],
      [{ 'sec-fetch-site': 'cross-site', origin: OTHER_PAGE }, 403],
      [{ 'sec-fetch-site': 'same-site', origin: OTHER_PAGE }, 403],
      [{ 'sec-fetch-site': 'none' }, 403],
      // The same host over plain HTTP, as the browser tells apart and the origin's host does not.
      [{ 'sec-fetch-site': 'cross-site', origin: own }, 403],
      [{ origin: OTHER_PAGE }, 403],
      [{ origin: `http://127.0.0.1:${Number(port) + 1}` }, 403],
      [{ origin: 'null' }, 403],
    ];
    for (const [headers, status] of tried) {
      const answer = await change({ cookie, ...headers });
      expect([headers, answer.status]).toEqual([headers, status]);
      if (status === 403)
        expect(answer.body).toMatchObject({ error: { code: 'not_allowed', field: 'Origin', retryable: false } });
    }
  });

  test('W63 reading needs no such proof, nor does a token', async () => {
    const [ann] = await here.people('ann');
    const { cookie } = await signUp();
    expect((await call(base(), 'GET', '/me', { headers: { cookie, origin: OTHER_PAGE } })).status).toBe(200);
    expect((await call(base(), 'PATCH', '/me', { token: ann.token, body: CHANGE, headers: { cookie } })).status).toBe(200);
  });

  test('W63 origins in CORS_ORIGIN may not read with the cookie', async () => {
    const { headers } = await call(base(), 'GET', '/health', { headers: { origin: OUR_OTHER_PAGE } });
    expect([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
      OUR_OTHER_PAGE,
      null,
    ]);
  });

  test('W64 a ticket opens both sockets, no route, and ends with its session', async () => {
    const { cookie } = await signUp();
    const page = { cookie, 'sec-fetch-site': 'same-origin' };
    const { status, body } = await call<http.Ticket>(base(), 'POST', '/auth/ticket', { headers: page });
    expect(status).toBe(200);
    expect(body.expiresAt - Date.now()).toBeGreaterThan(50_000);
    expect(body.expiresAt - Date.now()).toBeLessThanOrEqual(60_000);
    const { chat, presence } = here.server.addresses;
    const sockets = await Promise.all([chat, presence].map((url) => RawClient.open(url, ['parley', body.ticket])));
    for (const socket of sockets) await socket.settle();
    expect((await call(base(), 'GET', '/me', { token: body.ticket })).status).toBe(401);
    expect((await call(base(), 'GET', '/me', { headers: { cookie: `parley_session=${body.ticket}` } })).status).toBe(401);
    await call(base(), 'POST', '/auth/logout', { headers: page });
    for (const socket of sockets) await until('the socket is closed', () => socket.closed, 2_000);
    expect(sockets.map(({ closed }) => closed?.code)).toEqual([4101, 4101]);
    expect((await RawClient.refused(chat, body.ticket)).status).toBe(401);
  });

  test('W64 the cookie itself opens no socket', async () => {
    const { cookie } = await signUp();
    const { status } = await RawClient.refused(here.server.addresses.chat, '', { cookie });
    expect(status).toBe(401);
  });

  test('W3 a page of this server may connect, whatever CORS_ORIGIN says', async () => {
    const [ann] = await here.people('ann');
    const url = `${base().replace('http', 'ws')}/ws/chat`;
    const page = await RawClient.connect(url, ann.token, { headers: { origin: base() } });
    await page.settle();
    await page.close();
    const other = { origin: `${base()}0` };
    expect((await RawClient.refused(url, ann.token, other)).status).toBe(403);
  });
});

describe('W62 W64 the SDK in a page', () => {
  const here = venue();

  test('talks without a token, and is over when its session ends', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const { http: url, chat: chatUrl, presence: presenceUrl } = here.server.nodes[0] ?? here.server.addresses;
    const page = new ParleyApi({ url, cookie: true, fetch: browserFetch() });
    const { sessionId } = await page.login({ username: ann.username, password: PASSWORD, cookie: true });
    expect([page.token, (await page.me()).username]).toEqual([null, ann.username]);
    const client = createClient({ token: () => page.ticket(), api: page, chatUrl, presenceUrl });
    onTestFinished(() => client.close());
    await client.connect();
    expect((await client.sendTo(bob.username, 'Hello!').sent).seq).toBe(1);
    await ann.call('DELETE', `/me/sessions/${sessionId}`);
    await until('the client knows', () => client.state === 'closed');
    expect(client.connection).toEqual({ name: 'closed', cause: 'session_ended' });
    await expect(page.ticket()).rejects.toMatchObject({ code: 'not_authenticated' });
  });

  /** Keeps the cookie, and says where it comes from, as a browser does. */
  function browserFetch(): typeof fetch {
    let cookie = '';
    return async (input, init) => {
      const headers = { ...(init?.headers as Record<string, string>), cookie, 'sec-fetch-site': 'same-origin' };
      const response = await fetch(input, { ...init, headers });
      cookie = pairOf(response.headers.get('set-cookie') ?? cookie);
      return response;
    };
  }
});

describe('W64 a ticket', () => {
  const here = venue();

  test('holds for a minute; the socket that it opened goes on', async () => {
    const [ann] = await here.people('ann');
    const { body } = await ann.call<http.Ticket>('POST', '/auth/ticket');
    const socket = await RawClient.open(here.server.addresses.chat, ['parley', body.ticket]);
    await socket.settle();
    await here.server.ahead(61_000);
    expect((await RawClient.refused(here.server.addresses.chat, body.ticket)).status).toBe(401);
    expect(await socket.ask({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    await socket.close();
  });
});
