import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { call, PASSWORD } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { until } from '../world/until.js';

const HOUR_MS = 3_600_000;
const ORIGIN = 'https://chat.example.org';

describe('coming in', () => {
  const here = venue({ CORS_ORIGIN: ORIGIN });

  test('W1 with the token in Authorization, as a subprotocol, or in the query: on each port and each path', async () => {
    const [ann] = await here.people('ann');
    const { http, chat, presence } = here.server.addresses;
    const ways = (url: string) => [
      RawClient.open(url, [], { headers: { authorization: `Bearer ${ann.token}` } }),
      RawClient.open(url, ['parley', ann.token]),
      RawClient.open(`${url}?token=${ann.token}`),
    ];
    const onHttpPort = http.replace('http', 'ws');
    for (const url of [chat, presence, `${onHttpPort}/ws/chat`, `${onHttpPort}/ws/presence`]) {
      const clients = await Promise.all(ways(url));
      for (const client of clients) await client.settle();
      expect(clients.map(({ socket }) => socket.protocol)).toEqual(['', 'parley', '']);
      for (const client of clients) client.socket.terminate();
    }
  });

  test('/ws/chat chats and /ws/presence tells of presence', async () => {
    const [ann] = await here.people('ann');
    const onHttpPort = here.server.addresses.http.replace('http', 'ws');
    const chat = await RawClient.connect(`${onHttpPort}/ws/chat`, ann.token);
    await chat.askFor('INIT_DATA', { type: 'INIT_DATA' });
    const presence = await RawClient.connect(`${onHttpPort}/ws/presence`, ann.token);
    await presence.next('INFO', ({ code }) => code === 'presence_ready');
    expect(await presence.ask({ type: 'INIT_DATA' })).toMatchObject({ type: 'ERROR', code: 'unknown_type' });
    await Promise.all([chat.close(), presence.close()]);
  });

  test('W2 D7 no token, a token of nonsense, and one that somebody else signed are 401', async () => {
    const [ann] = await here.people('ann');
    const [head, claims] = ann.token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    const { chat, presence } = here.server.addresses;
    for (const token of ['', 'nonsense', `${head}.${claims}.${'A'.repeat(43)}`, unsigned, 'x'.repeat(5_000)]) {
      for (const url of [chat, presence]) {
        const { status, body } = await RawClient.refused(url, token);
        expect([token.slice(0, 10), status, body.error.code]).toEqual([token.slice(0, 10), 401, 'not_authenticated']);
      }
    }
  });

  test('W3 a page from elsewhere is 403; one that CORS_ORIGIN names, and who is no page, come in', async () => {
    const [ann] = await here.people('ann');
    for (const origin of ['https://evil.example.org', `${ORIGIN}.evil.org`, 'null', ORIGIN.toUpperCase()]) {
      const { status, body } = await RawClient.refused(here.server.addresses.chat, ann.token, { origin });
      expect([origin, status, body.error.code]).toEqual([origin, 403, 'not_allowed']);
    }
    const page = await RawClient.connect(here.server.addresses.chat, ann.token, { headers: { origin: ORIGIN } });
    await page.settle();
    await page.close();
  });

  test('W2 another path on the HTTP port is 404, and plain HTTP on the ports of the sockets 426', async () => {
    const [ann] = await here.people('ann');
    const { http, chat, presence } = here.server.addresses;
    expect((await RawClient.refused(`${http.replace('http', 'ws')}/ws/other`, ann.token)).status).toBe(404);
    for (const url of [chat, presence]) {
      const answer = await call(url.replace('ws', 'http'), 'GET', '/');
      expect(answer).toMatchObject({ status: 426, body: { error: { retryable: false } } });
      expect(answer.headers.get('upgrade')).toBe('websocket');
    }
  });
});

describe('too many connections', () => {
  const perUser = venue({ LIMIT_CONNECTIONS_PER_USER: '2' });
  const perAddress = venue({ LIMIT_CONNECTIONS_PER_ADDRESS: '3' });
  const crowded = venue({ LIMIT_CONNECTIONS_PER_ADDRESS: '3', LIMIT_CONNECTIONS_PER_USER: '0' });

  async function expectTooMany(url: string, { token }: Account): Promise<void> {
    const { status, headers, body } = await RawClient.refused(url, token);
    expect({ status, code: body.error.code, retryable: body.error.retryable }).toEqual({
      status: 429,
      code: 'rate_limited',
      retryable: true,
    });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }

  test('D9 of one user, of both kinds together: 429 with Retry-After, until one of them ends', async () => {
    const [ann, bob] = await perUser.people('ann', 'bob');
    const chat = await ann.chat();
    await ann.presence();
    await expectTooMany(perUser.server.addresses.chat, ann);
    await expectTooMany(perUser.server.addresses.presence, await ann.signInAgain());
    await (await bob.chat()).settle();
    await chat.close();
    await (await until('there is room again', () => ann.chat().catch(() => null))).settle();
  });

  test('D9 of one address, whoever it is', async () => {
    const [ann, bob] = await perAddress.people('ann', 'bob');
    const clients = [await ann.chat(), await ann.presence(), await bob.chat()];
    await expectTooMany(perAddress.server.addresses.chat, bob);
    for (const client of clients) await client.settle();
  });

  test('D9 of one address, also when all of them come at once', async () => {
    const [ann] = await crowded.people('ann');
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => ann.chat()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });
});

describe('heartbeat', () => {
  const here = venue({ HEARTBEAT_S: '1', HEARTBEAT_TIMEOUT_S: '1' });

  test('W6 who does not answer a ping is closed with 4001; who answers, or says anything at all, stays', async () => {
    const [ann] = await here.people('ann');
    const deaf = await RawClient.open(here.server.addresses.chat, ['parley', ann.token], { autoPong: false });
    const talker = await RawClient.open(here.server.addresses.chat, ['parley', ann.token], { autoPong: false });
    const answering = await ann.presence();
    let pings = 0;
    answering.socket.on('ping', () => pings++);
    const talking = setInterval(() => talker.send({ type: 'PING' }), 200);
    expect(await deaf.ended()).toMatchObject({ code: 4001 });
    await until('it has been pinged', () => pings > 0);
    await answering.settle();
    await talker.settle();
    clearInterval(talking);
    talker.socket.terminate();
  });
});

describe('the end of a session', () => {
  const here = venue({ TOKEN_TTL_HOURS: '24' });

  /** Both sockets of the account; then what ends them, within a second. */
  async function expectEnded(account: Account, code: number, act: () => Promise<unknown>): Promise<void> {
    const sockets = [await account.chat(), await account.presence()];
    for (const socket of sockets) await socket.settle();
    await act();
    for (const socket of sockets) {
      expect(await until('it is closed', () => socket.closed, 1_500)).toMatchObject({ code });
    }
    await expectUseless(account);
  }

  async function expectUseless(account: Account): Promise<void> {
    const { chat, presence } = here.server.addresses;
    for (const url of [chat, presence]) expect((await RawClient.refused(url, account.token)).status).toBe(401);
    for (const [method, path] of [
      ['GET', '/me'],
      ['GET', '/inbox'],
      ['POST', '/auth/logout'],
    ] as const) {
      expect(await account.call(method, path)).toMatchObject({ status: 401, body: { error: { code: 'not_authenticated' } } });
    }
  }

  test('W8 D7 logging out closes its sockets with 4101, and its token is of no use any more; other devices stay', async () => {
    const [phone] = await here.people('ann');
    const laptop = await (await phone.signInAgain()).chat();
    await expectEnded(phone, 4101, () => phone.call('POST', '/auth/logout'));
    await laptop.settle();
  });

  test('W8 D7 so does revoking it from another device', async () => {
    const [phone] = await here.people('ann');
    const laptop = await phone.signInAgain();
    await expectEnded(phone, 4101, () => laptop.call('DELETE', `/me/sessions/${phone.sessionId}`));
    await (await laptop.chat()).settle();
  });

  test('W8 D7 so does a change of the password for all sessions but that which made it', async () => {
    const [phone] = await here.people('ann');
    const laptop = await phone.signInAgain();
    const kept = await laptop.chat();
    await expectEnded(phone, 4101, () => laptop.call('POST', '/me/password', { current: PASSWORD, next: `${PASSWORD} staple` }));
    await kept.settle();
  });

  test('W8 a token that expires closes its sockets with 4100, and is of no use any more', async () => {
    const [ann] = await here.people('ann');
    await expectEnded(ann, 4100, () => here.server.ahead(24 * HOUR_MS));
  });
});
