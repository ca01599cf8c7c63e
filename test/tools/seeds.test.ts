import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { http, Inbox } from '@parley/protocol';
import { call, login } from '../world/http.js';
import { portOf, startServer, type RunningServer } from '../world/server.js';
import { rowCounts, run, withFolder, type Ran } from './tool.js';

const CHATS = ['chats', '--count', '6', '--messages', '4'];
const GROUPS = ['groups', '--count', '3', '--members', '4', '--messages', '5'];

const countsIn = ({ out }: Ran) => out.split('\n').filter((line) => /^\w+: \d+ created/.test(line));

describe('into the store', () => {
  test('users, chats and groups; again, and all is skipped', () =>
    withFolder(async (folder) => {
      const seed = (args: string[]) => run('seed', folder, args);
      const users = await seed(['users', '--count', '5']);
      expect(users).toMatchObject({ code: 0, err: '' });
      expect(users.out).toContain(`Into the store in ${folder}.`);
      expect(users.out).toContain('users 5/5');
      expect(users.out).toContain("npm run client -- --user user1 --password 'correct horse battery'");
      expect(countsIn(users)).toEqual(['users: 5 created, 0 skipped (there already)']);
      expect(countsIn(await seed(['users', '--count', '6']))).toEqual(['users: 1 created, 5 skipped (there already)']);

      expect(countsIn(await seed(CHATS))).toEqual([
        'users: 0 created, 4 skipped (there already)',
        'chats: 6 created, 0 skipped (there already)',
        'messages: 24 created',
      ]);
      expect(countsIn(await seed(GROUPS))).toContain('groups: 3 created, 0 skipped (there already)');

      const before = await rowCounts(folder);
      expect(before).toMatchObject({ accounts: 6, friendships: 6, conversations: 9, sessions: 0 });
      expect(countsIn(await seed(CHATS))).toContain('chats: 0 created, 6 skipped (there already)');
      expect(countsIn(await seed(GROUPS))).toContain('groups: 0 created, 3 skipped (there already)');
      expect(await rowCounts(folder)).toEqual(before);
    }));

  test('a larger run goes on from a smaller one', () =>
    withFolder(async (folder) => {
      await run('seed', folder, ['chats', '--count', '2', '--messages', '1']);
      const larger = await run('seed', folder, ['chats', '--count', '3', '--messages', '3']);
      expect(countsIn(larger)).toContain('chats: 1 created, 2 completed, 0 skipped (there already)');
      expect(countsIn(larger)).toContain('messages: 7 created');
    }));

  test('production does not get a password that everybody knows', () =>
    withFolder(async (folder) => {
      const env = { NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) };
      expect(await run('seed', folder, ['users'], env)).toMatchObject({ code: 1, err: expect.stringContaining('--password') });
      expect(await run('seed', folder, ['users', '--count', '1', '--password', "o'clock strikes"], env)).toMatchObject({
        code: 0,
        out: expect.stringContaining(String.raw`--password 'o'\''clock strikes'`),
      });
    }));

  test('what cannot be is said before anything is done', () =>
    withFolder(async (folder) => {
      expect(await run('seed', folder, ['users', '--count', 'many'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('Expected a whole number from 1 to 100000.'),
      });
      expect(await run('seed', folder, ['users', '--prefix', 'a b'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('username'),
      });
    }));
});

describe('through the server that has the store', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.remove());
  const seed = (args: string[]) => run('seed', server.dataDir, args, { HTTP_PORT: portOf(server.addresses.http) });

  test('chats and groups; again, and all is skipped', async () => {
    const chats = await seed(CHATS);
    expect(chats).toMatchObject({ code: 0, err: '' });
    expect(chats.out).toContain(`Into the server at ${server.addresses.http}.`);
    expect(chats.out).toContain(`--url ${server.addresses.http}`);
    expect(countsIn(chats)).toEqual([
      'users: 4 created, 0 skipped (there already)',
      'chats: 6 created, 0 skipped (there already)',
      'messages: 24 created',
    ]);
    expect(countsIn(await seed(GROUPS))).toContain('groups: 3 created, 0 skipped (there already)');
    expect(countsIn(await seed(CHATS))).toContain('chats: 0 created, 6 skipped (there already)');
    expect(countsIn(await seed(GROUPS))).toContain('groups: 0 created, 3 skipped (there already)');
    expect(countsIn(await seed(['users', '--count', '7']))).toEqual(['users: 1 created, 6 skipped (there already)']);
  });

  test('a dummy signs in, finds what was said, and no session of the seeds', async () => {
    const { http: base } = server.addresses;
    const { token } = await login(base, 'user1');
    const { body: inbox } = await call<Inbox>(base, 'GET', '/inbox', { token });
    expect(inbox.chats.map((chat) => [chat.with, chat.ordinal])).toEqual(
      expect.arrayContaining(['user2', 'user3', 'user4'].map((name) => [name, 4])),
    );
    expect(inbox.groups.map(({ name, memberCount, ordinal }) => ({ name, memberCount, ordinal }))).toEqual([
      { name: 'Climbing', memberCount: 4, ordinal: 5 },
    ]);
    const { body } = await call<{ sessions: http.Session[] }>(base, 'GET', '/me/sessions', { token });
    expect(body.sessions.map(({ current }) => current)).toEqual([true]);
  });

  test('somebody else’s name is left alone', async () => {
    expect(await seed([...CHATS, '--password', 'another password'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('user1 is there, with another password'),
    });
  });

  test('a server that cannot be found is asked for', async () => {
    expect(await run('seed', server.dataDir, CHATS)).toMatchObject({ code: 1, err: expect.stringContaining('--url') });
    const nowhere = ['users', '--url', 'http://127.0.0.1:9'];
    expect(await run('seed', server.dataDir, nowhere)).toMatchObject({ code: 1, err: expect.stringContaining('no answer') });
  });
});

test('a limit of the server stops it, and it says how to go on; without the server it does', async () => {
  const server = await startServer({ LIMIT_REGISTRATIONS_PER_HOUR: '3' });
  try {
    const seed = () => run('seed', server.dataDir, ['users', '--count', '5', '--url', server.addresses.http]);
    const stopped = await seed();
    expect(stopped.code).toBe(1);
    expect(countsIn(stopped)).toEqual(['users: 3 created, 0 skipped (there already)']);
    expect(stopped.err).toMatch(
      /LIMIT_REGISTRATIONS_PER_HOUR stops this[^]*stop the server[^]*raise LIMIT_REGISTRATIONS_PER_HOUR/,
    );
    await server.stop();
    const went = await run('seed', server.dataDir, ['users', '--count', '5']);
    expect(countsIn(went)).toEqual(['users: 2 created, 3 skipped (there already)']);
    await server.restart();
    expect((await login(server.addresses.http, 'user5')).user.displayName).toBe('Farid Fontana');
  } finally {
    await server.remove();
  }
});
