import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedded, type EmbeddedStores } from '../embedded/open.js';
import { Metrics } from '../host/metrics.js';
import { Argon2Passwords } from '../host/passwords.js';
import type { Passwords } from '../ports/passwords.js';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { Accounts, type SignedIn } from './accounts.js';
import { Sessions } from './sessions.js';

const PASSWORD = 'correct horse battery';
const DEVICE = { userAgent: null, address: null };
const refused = (code: string) => expect.objectContaining({ name: 'Refusal', code }) as Error;

let dataDir: string;
let stores: EmbeddedStores;
let runtime: ManualRuntime;
let sessions: Sessions;
let accounts: Accounts;
let passwords: RecordedPasswords;

/** The real ones, cheap, with what was verified. */
class RecordedPasswords implements Passwords {
  readonly #real = new Argon2Passwords({ atOnce: 4, cost: { memoryKiB: 8, passes: 1, lanes: 1 } });
  readonly verified: string[] = [];
  /** Runs before a verification answers. */
  before: () => Promise<unknown> = async () => undefined;

  hash(password: string): Promise<string> {
    return this.#real.hash(password);
  }

  async verify(hash: string, password: string): Promise<boolean> {
    this.verified.push(hash);
    const right = await this.#real.verify(hash, password);
    await this.before();
    return right;
  }
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-accounts-'));
  runtime = new ManualRuntime();
  stores = await openEmbedded({ dataDir, runtime, meter: new Metrics(), onFatal: (error) => expect.unreachable(error.message) });
  sessions = new Sessions(stores.sessions, runtime, { tokenTtlMs: 86_400_000 });
  passwords = new RecordedPasswords();
  accounts = new Accounts({ store: stores.accounts, sessions, passwords, runtime });
});
afterEach(async () => {
  await stores.close();
  await rm(dataDir, { recursive: true });
});

const register = (username: string) => accounts.register({ username, password: PASSWORD }, DEVICE);
const callerOf = ({ me, session }: SignedIn) => ({ userId: me.userId, username: me.username, sessionId: session.id });

describe('registering', () => {
  test('creates the account and signs it in', async () => {
    const { me, session } = await accounts.register({ username: 'Ann', password: PASSWORD, displayName: 'Ann of Arden' }, DEVICE);
    expect(me).toEqual({
      userId: expect.any(String) as string,
      username: 'Ann',
      displayName: 'Ann of Arden',
      colour: null,
      createdAt: runtime.now(),
      invisible: false,
      admin: false,
    });
    expect(await sessions.check(session.id)).toMatchObject({ userId: me.userId });
    expect(await accounts.profile(me.userId)).toEqual(me);
  });

  test('a username is one in any case, also for two who come at once', async () => {
    const outcomes = await Promise.allSettled(['ann', 'Ann', 'ANN'].map(register));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(register('aNN')).rejects.toEqual(refused('username_taken'));
  });

  test('what is stored is a hash', async () => {
    await register('ann');
    expect((await stores.accounts.byUsername('ann'))?.passwordHash).toMatch(/^\$argon2id\$/);
  });
});

describe('signing in', () => {
  test('with the username in any case', async () => {
    const { me } = await register('Ann');
    expect((await accounts.signIn({ username: 'aNN', password: PASSWORD }, DEVICE)).me).toEqual(me);
  });

  test('an unknown user and a wrong password are one: same words, same work', async () => {
    await register('ann');
    const wrong = (username: string) =>
      accounts.signIn({ username, password: 'wrong horse battery' }, DEVICE).catch((error: unknown) => error);
    const [unknownUser, wrongPassword] = [await wrong('nobody'), await wrong('ann')];
    expect(unknownUser).toEqual(wrongPassword);
    expect(wrongPassword).toEqual(refused('wrong_credentials'));
    // A verification each, against hashes of the same parameters.
    const parameters = passwords.verified.map((hash) => hash.split('$').slice(0, 4).join('$'));
    expect(parameters).toHaveLength(2);
    expect(new Set(parameters).size).toBe(1);
  });

  test('no password opens the account of nobody', async () => {
    for (const password of ['', PASSWORD, runtime.id()]) {
      await expect(accounts.signIn({ username: 'nobody', password }, DEVICE)).rejects.toEqual(refused('wrong_credentials'));
    }
  });
});

describe('changing the password', () => {
  test('needs the current one, ends the other sessions and keeps this one', async () => {
    const here = await register('ann');
    const elsewhere = await accounts.signIn({ username: 'ann', password: PASSWORD }, DEVICE);
    const change = (current: string) => accounts.changePassword(callerOf(here), { current, next: 'staple correct horse' });
    await expect(change('wrong horse battery')).rejects.toMatchObject({ code: 'wrong_credentials', field: 'current' });
    expect(await sessions.check(elsewhere.session.id)).not.toBeNull();
    await change(PASSWORD);
    expect(await sessions.check(elsewhere.session.id)).toBeNull();
    expect(await sessions.check(here.session.id)).not.toBeNull();
    await expect(accounts.signIn({ username: 'ann', password: PASSWORD }, DEVICE)).rejects.toEqual(refused('wrong_credentials'));
    await accounts.signIn({ username: 'ann', password: 'staple correct horse' }, DEVICE);
  });

  test('a sign-in with the old password that is under way meanwhile ends with it', async () => {
    const here = await register('ann');
    passwords.before = async () => {
      passwords.before = async () => undefined;
      await accounts.changePassword(callerOf(here), { current: PASSWORD, next: 'staple correct horse' });
    };
    await expect(accounts.signIn({ username: 'ann', password: PASSWORD }, DEVICE)).rejects.toEqual(refused('wrong_credentials'));
    expect((await sessions.list(here.me.userId, here.session.id)).map(({ sessionId }) => sessionId)).toEqual([here.session.id]);
  });
});

describe('profiles', () => {
  test('what is given changes, what is not stays, and listeners hear of it', async () => {
    const { me } = await register('ann');
    const told: unknown[] = [];
    accounts.onProfileChanged((changed) => told.push(changed));
    await accounts.changeProfile(me.userId, { displayName: 'Ann' });
    await accounts.changeProfile(me.userId, { invisible: true });
    await accounts.changeProfile(me.userId, { displayName: null, colour: 'olive' });
    expect(told).toEqual([
      { ...me, displayName: 'Ann' },
      { ...me, displayName: 'Ann', invisible: true },
      { ...me, colour: 'olive', invisible: true },
    ]);
  });

  test('search is by prefix, without case, in order, and knows no wildcards', async () => {
    for (const username of ['bob', 'Bo_b', 'bo.b', 'BOBBY', 'alice']) await register(username);
    const found = async (prefix: string, limit = 20) => (await accounts.search(prefix, limit)).map(({ username }) => username);
    expect(await found('bob')).toEqual(['bob', 'BOBBY']);
    expect(await found('Bo', 2)).toEqual(['bo.b', 'Bo_b']);
    expect(await found('%')).toEqual([]);
    expect(await found('bo_')).toEqual(['Bo_b']);
  });

  test('others see no more than is theirs to see', async () => {
    await register('ann');
    expect(Object.keys(await accounts.byUsername('ANN')).sort()).toEqual([
      'colour',
      'createdAt',
      'displayName',
      'userId',
      'username',
    ]);
    await expect(accounts.byUsername('nobody')).rejects.toEqual(refused('not_found'));
  });
});
