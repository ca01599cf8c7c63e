import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { bearerToken, Tokens, upgradeToken, type Bearer } from './tokens.js';

const SECRET = 'a secret of at least 32 characters';
const refused = expect.objectContaining({ name: 'Refusal', code: 'not_authenticated' }) as Error;

function setting() {
  const runtime = new ManualRuntime();
  const ann: Bearer = { userId: 'u1', username: 'ann', sessionId: 's1', expiresAt: runtime.now() + 3_600_000 };
  const sessions = new Map([[ann.sessionId, { userId: ann.userId, expiresAt: ann.expiresAt }]]);
  const check = async (id: string) => sessions.get(id) ?? null;
  return { runtime, ann, sessions, check, tokens: new Tokens(SECRET, { check }, runtime) };
}
const claims = { name: 'ann', sid: 's1' };
const forge = (runtime: ManualRuntime, payload: Record<string, unknown> = claims, alg = 'HS256', secret = SECRET) =>
  new SignJWT(payload)
    .setProtectedHeader({ alg })
    .setIssuer('parley')
    .setSubject('u1')
    .setExpirationTime(Math.floor(runtime.now() / 1_000) + 60)
    .sign(Buffer.from(secret.padEnd(64)).subarray(0, alg === 'HS256' && secret === SECRET ? SECRET.length : 64));

describe('Tokens', () => {
  test('what is issued authenticates its user and session', async () => {
    const { tokens, ann } = setting();
    expect(await tokens.authenticate(await tokens.issue(ann))).toEqual(ann);
  });

  test('the claims are those of the contract', async () => {
    const { tokens, ann, runtime } = setting();
    const [, payload = ''] = (await tokens.issue(ann)).split('.');
    const now = Math.floor(runtime.now() / 1_000);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      iss: 'parley',
      sub: 'u1',
      name: 'ann',
      sid: 's1',
      iat: now,
      exp: now + 3_600,
    });
  });

  test('an expired one is refused', async () => {
    const { tokens, ann, runtime } = setting();
    const token = await tokens.issue(ann);
    runtime.advance(3_600_001);
    await expect(tokens.authenticate(token)).rejects.toEqual(refused);
  });

  test('a ticket opens sockets only, for a minute, and what it opens holds as long as the session', async () => {
    const { tokens, ann, sessions, runtime } = setting();
    const { ticket, expiresAt } = await tokens.ticket(ann);
    expect(expiresAt).toBe((Math.floor(runtime.now() / 1_000) + 60) * 1_000);
    await expect(tokens.authenticate(ticket)).rejects.toEqual(refused);
    for (let twice = 0; twice < 2; twice++) expect(await tokens.authenticateSocket(ticket)).toEqual(ann);
    await expect(tokens.authenticate(ticket)).rejects.toEqual(refused);
    runtime.advance(61_000);
    await expect(tokens.authenticateSocket(ticket)).rejects.toEqual(refused);
    const { ticket: next } = await tokens.ticket(ann);
    sessions.clear();
    await expect(tokens.authenticateSocket(next)).rejects.toEqual(refused);
  });

  test('one whose session has ended is refused', async () => {
    const { tokens, ann, sessions } = setting();
    const token = await tokens.issue(ann);
    sessions.clear();
    await expect(tokens.authenticate(token)).rejects.toEqual(refused);
  });

  test('one whose session is somebody else’s is refused', async () => {
    const { tokens, ann, sessions } = setting();
    const token = await tokens.issue(ann);
    sessions.set('s1', { userId: 'u2', expiresAt: ann.expiresAt });
    await expect(tokens.authenticate(token)).rejects.toEqual(refused);
  });

  test('forged, unsigned, of another algorithm, or no token at all: all refused alike', async () => {
    const { tokens, ann, runtime } = setting();
    const good = await tokens.issue(ann);
    const [header = '', payload = '', signature = ''] = good.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const bad = [
      null,
      '',
      'x',
      'a.b.c',
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}`,
      good + 'x'.repeat(3_000),
      await forge(runtime, claims, 'HS256', 'another secret, as long as it has to be'),
      await forge(runtime, claims, 'HS512'),
      await forge(runtime, { name: 'ann' }),
      await forge(runtime, { name: 'ann', sid: 1 }),
    ];
    for (const token of bad) await expect(tokens.authenticate(token)).rejects.toEqual(refused);
  });

  test('a store that fails is not taken for a bad token', async () => {
    const { runtime, ann, tokens } = setting();
    const broken = new Tokens(SECRET, { check: () => Promise.reject(new Error('disk')) }, runtime);
    await expect(broken.authenticate(await tokens.issue(ann))).rejects.toThrow('disk');
  });
});

describe('where a token stands', () => {
  test('in the header', () => {
    expect(bearerToken('Bearer abc')).toBe('abc');
    expect(bearerToken('bearer   abc')).toBe('abc');
    for (const other of [undefined, '', 'Bearer', 'Basic abc', 'Bearer a b']) expect(bearerToken(other)).toBeNull();
  });

  test('of an upgrade: header before subprotocol before query', () => {
    const headers = { authorization: 'Bearer h', 'sec-websocket-protocol': 'parley, s' };
    expect(upgradeToken({ headers, url: '/?token=q' })).toBe('h');
    expect(upgradeToken({ headers: { 'sec-websocket-protocol': 'parley, s' }, url: '/?token=q' })).toBe('s');
    expect(upgradeToken({ headers: { 'sec-websocket-protocol': 'other, s' }, url: '/?a=1&token=q' })).toBe('q');
    expect(upgradeToken({ headers: {}, url: '/' })).toBeNull();
    expect(upgradeToken({ headers: { 'sec-websocket-protocol': 'parley' } })).toBeNull();
  });
});
