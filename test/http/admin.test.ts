import { Queue } from 'bullmq';
import { http, type ErrorCode } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { call, login, PASSWORD, type Answer } from '../world/http.js';
import { makeAdmin } from '../world/make-admin.js';
import { PROFILE } from '../world/profile.js';
import { say } from '../world/talk.js';
import { until } from '../world/until.js';

const here = venue();
const ROUTES = [
  ['GET', '/admin/api/numbers'],
  ['GET', '/admin/api/health'],
  ['GET', '/admin/api/users'],
  ['PUT', '/admin/api/users/ann/suspension'],
  ['DELETE', '/admin/api/users/ann/suspension'],
  ['DELETE', '/admin/api/users/ann/sessions'],
  ['GET', '/admin/api/queues'],
  ['POST', '/admin/api/queues/replay'],
  ['POST', '/admin/api/queues/drop'],
  ['GET', '/admin/api/audit'],
] as const;

const refusal = (answer: Answer<unknown>): [number, ErrorCode] => [
  answer.status,
  (answer.body as http.ErrorBody).error.code as ErrorCode,
];
const suspend = (operator: Account, { username }: Account) =>
  operator.call<http.AdminUser>('PUT', `/admin/api/users/${username}/suspension`);
const signIn = ({ username }: Account, password = PASSWORD) =>
  call(here.server.addresses.http, 'POST', '/auth/login', { body: { username, password } });
const auditOf = async (operator: Account, query = '') =>
  (await operator.call<http.AuditLog>('GET', `/admin/api/audit${query}`)).body;

let operator: Promise<Account> | null = null;

/** The operator of this file, and others. */
async function operatorAnd<const N extends string[]>(...names: N) {
  operator ??= newOperator();
  return [await operator, ...(await here.people(...names))] as [Account, ...{ [K in keyof N]: Account }];
}

async function newOperator(): Promise<Account> {
  const [op] = await here.people('op');
  await makeAdmin(here.server, op.username);
  return op;
}

describe('W68 the door of operators', () => {
  test.each(ROUTES)('%s %s is closed to everybody else, whatever they send', async (method, path) => {
    const [ann] = await here.people('ann');
    expect(refusal(await ann.call(method, path, method === 'POST' ? { id: 5 } : undefined))).toEqual([403, 'not_allowed']);
    expect(refusal(await call(here.server.addresses.http, method, path))).toEqual([401, 'not_authenticated']);
  });

  test('it closes at once when the role is taken away, and when the session ends', async () => {
    const op = await newOperator();
    const again = await op.signInAgain();
    expect((await again.call('GET', '/admin/api/users')).status).toBe(200);
    await op.call('DELETE', `/me/sessions/${again.sessionId}`);
    expect(refusal(await again.call('GET', '/admin/api/users'))).toEqual([401, 'not_authenticated']);
    expect((await op.call<http.Me>('GET', '/me')).body.admin).toBe(true);
    expect(await makeAdmin(here.server, op.username, '--revoke')).toContain('no operator any more');
    expect(refusal(await op.call('GET', '/admin/api/users'))).toEqual([403, 'not_allowed']);
  });
});

describe('W69 suspension', () => {
  test('ends all sessions and sockets within a second, and nobody signs in until it is lifted', async () => {
    const [op, ann, bob] = await operatorAnd('ann', 'bob');
    const [phone, laptop] = [await ann.chat(), await (await ann.signInAgain()).presence()];
    const suspended = await suspend(op, ann);
    expect(suspended).toMatchObject({ status: 200, body: { username: ann.username, suspendedAt: expect.any(Number) } });
    for (const client of [phone, laptop]) await until('the socket is closed', () => client.closed, 1_000);
    expect([phone.closed?.code, laptop.closed?.code]).toEqual([4101, 4101]);
    expect((await ann.call('GET', '/me')).status).toBe(401);
    expect(refusal(await signIn(ann))).toEqual([403, 'account_suspended']);
    expect(refusal(await signIn(ann, 'wrong horse battery'))).toEqual([401, 'wrong_credentials']);
    // What is sent meanwhile waits.
    await say(await bob.chat(), ann, 'For later');
    const lifted = await op.call<http.AdminUser>('DELETE', `/admin/api/users/${ann.username}/suspension`);
    expect(lifted).toMatchObject({ status: 200, body: { suspendedAt: null } });
    const back = await ann.signInAgain();
    expect((await (await back.chat()).askFor('INIT_DATA', { type: 'INIT_DATA' })).chats).toMatchObject([{ unread: 1 }]);
  });

  test('one that races with signing in leaves no session', async () => {
    const [op, ann] = await operatorAnd('ann');
    const [, ...tries] = await Promise.all([suspend(op, ann), signIn(ann), signIn(ann), signIn(ann)]);
    for (const answer of tries as Answer<http.Authenticated>[]) {
      if (answer.status !== 200) expect(refusal(answer)).toEqual([403, 'account_suspended']);
      else expect((await call(here.server.addresses.http, 'GET', '/me', { token: answer.body.token })).status).toBe(401);
    }
  });

  test('nobody suspends themselves, or who is not there', async () => {
    const [op] = await operatorAnd();
    expect(refusal(await suspend(op, op))).toEqual([403, 'not_allowed']);
    expect(refusal(await op.call('PUT', '/admin/api/users/nobody-here/suspension'))).toEqual([404, 'not_found']);
    expect((await op.call('GET', '/me')).status).toBe(200);
  });
});

describe('operators', () => {
  test('find people by the beginning of their name, page by page', async () => {
    const [op, ...people] = await operatorAnd('pagea', 'pageb', 'pagec');
    const users = async (query: string) => {
      const { body } = await op.call<http.AdminUsers>('GET', `/admin/api/users?${query}`);
      return [body.users.map(({ username }) => username), body.hasMore] as const;
    };
    const names = people.map(({ username }) => username);
    expect(await users('prefix=PAGE&limit=2')).toEqual([names.slice(0, 2), true]);
    expect(await users(`prefix=page&limit=2&after=${names[1]}`)).toEqual([names.slice(2), false]);
    expect((await users('limit=1'))[1]).toBe(true);
    const { body } = await op.call<http.AdminUsers>('GET', `/admin/api/users?prefix=${op.username}`);
    expect(http.AdminUsers.parse(body).users).toMatchObject([{ username: op.username, admin: true, suspendedAt: null }]);
  });

  test('sign somebody out everywhere; they may come back', async () => {
    const [op, ann] = await operatorAnd('ann');
    await login(here.server.addresses.http, ann.username);
    const socket = await ann.chat();
    const answer = await op.call<{ ended: number }>('DELETE', `/admin/api/users/${ann.username}/sessions`);
    expect(answer).toMatchObject({ status: 200, body: { ended: 2 } });
    await until('the socket is closed', () => socket.closed, 1_000);
    expect((await ann.call('GET', '/me')).status).toBe(401);
    expect((await signIn(ann)).status).toBe(200);
  });

  test('see what each server is doing, and what it needs', async () => {
    const [op, ann, bob] = await operatorAnd('ann', 'bob');
    const sockets = [await ann.chat(), await bob.chat()] as const;
    for (let n = 0; n < 20; n++) await say(sockets[0], bob, `message ${n}`);
    await until(
      'all servers have told',
      async () => {
        const numbers = http.Numbers.parse((await op.call('GET', '/admin/api/numbers')).body);
        expect(numbers.isComplete).toBe(true);
        expect(numbers.servers).toHaveLength(here.server.nodes.length);
        expect(numbers.servers.reduce((sum, { connections }) => sum + connections.chat, 0)).toBe(2);
        expect(numbers.servers.some(({ messagesPerSecond }) => messagesPerSecond > 0)).toBe(true);
        return true;
      },
      10_000,
    );
    const health = http.AdminHealth.parse((await op.call('GET', '/admin/api/health')).body);
    const parts = PROFILE === 'cluster' ? ['cassandra', 'postgres', 'redis'] : ['store'];
    expect(health.parts.map(({ name }) => name).sort()).toEqual(parts);
    for (const { latencyMs, state } of health.parts) expect([state, latencyMs !== null && latencyMs > 0]).toEqual(['ok', true]);
  });

  test('see the queues where there are some', async () => {
    const [op] = await operatorAnd();
    const answer = await op.call('GET', '/admin/api/queues');
    const { queues, deadLetters } = http.Queues.parse(answer.body);
    expect(deadLetters).toEqual([]);
    expect(queues?.some(({ queue }) => queue === 'offline') ?? null).toBe(PROFILE === 'cluster' ? true : null);
    const gone = await op.call('POST', '/admin/api/queues/drop', { id: 'offline/17' });
    expect(refusal(gone)).toEqual([404, 'not_found']);
  });

  test.runIf(PROFILE === 'cluster')('W68 replay and drop what died', async () => {
    const [op] = await operatorAnd();
    const { REDIS_URL, REDIS_PREFIX } = here.server.stores;
    if (REDIS_URL === undefined) return; // Their queues lie in one slot of a Redis Cluster; all else is the same.
    const queue = new Queue('offline', { connection: { url: REDIS_URL }, prefix: `{${REDIS_PREFIX}jobs}` });
    await queue.add('note', { of: 'nothing' });
    const dead = (attempt: number) =>
      until('the letter is dead', async () => {
        const { deadLetters } = http.Queues.parse((await op.call('GET', '/admin/api/queues')).body);
        return deadLetters.find(({ data, failedAt }) => data.includes('nothing') && (failedAt ?? 0) > attempt);
      });
    const first = await dead(0);
    expect(first).toMatchObject({ id: expect.stringMatching(/^offline\//), name: 'note', reason: 'not a note' });
    const act = (what: string) => op.call('POST', `/admin/api/queues/${what}`, { id: first.id });
    expect((await act('replay')).status).toBe(204);
    await dead(first.failedAt ?? 0);
    expect((await act('drop')).status).toBe(204);
    expect(refusal(await act('drop'))).toEqual([404, 'not_found']);
    expect((await auditOf(op, '?limit=2')).entries).toMatchObject([
      { action: 'drop_job', target: first.id },
      { action: 'replay_job', target: first.id },
    ]);
    await queue.close();
  });

  test('W68 leave a trace of all that they do, also at the command line', async () => {
    const [op, ann] = await operatorAnd('ann');
    await suspend(op, ann);
    await op.call('DELETE', `/admin/api/users/${ann.username}/suspension`);
    await op.call('DELETE', `/admin/api/users/${ann.username}/sessions`);
    const { entries } = http.AuditLog.parse(await auditOf(op, '?limit=4'));
    const by = { actor: op.username, target: ann.username, address: expect.stringMatching(/127\.0\.0\.1|::1/) };
    expect(entries).toMatchObject([
      { action: 'revoke_sessions', ...by },
      { action: 'unsuspend', ...by },
      { action: 'suspend', ...by },
      { action: expect.any(String) },
    ]);
    const made = (await auditOf(op, '?limit=100')).entries.find((each) => each.target === op.username);
    expect(made).toMatchObject({ action: 'make_admin', actor: null, address: null });
    const pages = [await auditOf(op, '?limit=3'), await auditOf(op, `?limit=1&before=${entries[2]?.id ?? ''}`)];
    expect(pages.map((page) => page.entries).flat()).toEqual(entries);
    expect(pages[0]?.hasMore).toBe(true);
  });
});
