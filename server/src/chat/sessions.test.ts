import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedded, type EmbeddedStores } from '../embedded/open.js';
import { Metrics } from '../host/metrics.js';
import type { SessionStore } from '../ports/accounts.js';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { Sessions } from './sessions.js';

const DAY_MS = 86_400_000;
const PHONE = { userAgent: 'Phone/1', address: '192.0.2.1' };

let dataDir: string;
let stores: EmbeddedStores;
let runtime: ManualRuntime;
let sessions: Sessions;
let reads: number;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-sessions-'));
  runtime = new ManualRuntime();
  stores = await openEmbedded({ dataDir, runtime, meter: new Metrics(), onFatal: (error) => expect.unreachable(error.message) });
  await stores.accounts.create({
    id: 'ann',
    username: 'ann',
    displayName: null,
    colour: null,
    passwordHash: 'x',
    admin: false,
    invisible: false,
    lastSeen: null,
    closedAt: null,
    suspendedAt: null,
    createdAt: runtime.now(),
  });
  reads = 0;
  sessions = new Sessions(counting(stores.sessions), runtime, { tokenTtlMs: 7 * DAY_MS, perUserMax: 3 });
});
afterEach(async () => {
  await stores.close();
  await rm(dataDir, { recursive: true });
});

/** The store itself, with its reads of single sessions counted. */
function counting(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      if (name === 'get') reads += 1;
      return target[name].bind(target);
    },
  });
}

describe('Sessions', () => {
  test('one that is open is alive until it expires', async () => {
    const session = await sessions.open('ann', PHONE);
    expect(await sessions.check(session.id)).toMatchObject({ userId: 'ann', expiresAt: runtime.now() + 7 * DAY_MS });
    runtime.advance(7 * DAY_MS - 1);
    expect(await sessions.check(session.id)).not.toBeNull();
    runtime.advance(1);
    expect(await sessions.check(session.id)).toBeNull();
  });

  test('R23: what was seen alive is believed for a minute, and asked again after it', async () => {
    const session = await sessions.open('ann', PHONE);
    for (let i = 0; i < 100; i++) await sessions.check(session.id);
    expect(reads).toBe(1);
    runtime.advance(60_000);
    await sessions.check(session.id);
    expect(reads).toBe(2);
  });

  test('ending one is seen by the next check, and told to listeners once', async () => {
    const [phone, laptop] = [await sessions.open('ann', PHONE), await sessions.open('ann', PHONE)];
    const told: (readonly string[])[] = [];
    const stop = sessions.onEnded((ids) => told.push(ids));
    await sessions.check(phone.id);
    expect(await sessions.end('ann', phone.id)).toBe(true);
    expect(await sessions.check(phone.id)).toBeNull();
    expect(await sessions.check(laptop.id)).not.toBeNull();
    expect(await sessions.end('ann', phone.id)).toBe(false);
    stop();
    await sessions.end('ann', laptop.id);
    expect(told).toEqual([[phone.id]]);
  });

  test('a check that began before the end does not bring the session back', async () => {
    const session = await sessions.open('ann', PHONE);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = new Sessions(
      new Proxy(stores.sessions, {
        get: (target, name: keyof SessionStore) =>
          name === 'get' ? (id: string) => target.get(id).then((row) => held.then(() => row)) : target[name].bind(target),
      }),
      runtime,
      { tokenTtlMs: DAY_MS },
    );
    const begunBefore = slow.check(session.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await slow.end('ann', session.id);
    release();
    expect(await begunBefore).not.toBeNull();
    expect(await slow.check(session.id)).toBeNull();
  });

  test('nobody ends another’s', async () => {
    const session = await sessions.open('ann', PHONE);
    expect(await sessions.end('bob', session.id)).toBe(false);
    expect(await sessions.check(session.id)).not.toBeNull();
  });

  test('ending the others keeps the one', async () => {
    const opened = [await sessions.open('ann', PHONE), await sessions.open('ann', PHONE), await sessions.open('ann', PHONE)];
    const told: string[][] = [];
    sessions.onEnded((ids) => told.push([...ids].sort()));
    await sessions.endOthers('ann', opened[1]?.id ?? '');
    await sessions.endOthers('ann', opened[1]?.id ?? '');
    expect(told).toEqual([[opened[0]?.id ?? '', opened[2]?.id ?? ''].sort()]);
    expect((await sessions.list('ann', opened[1]?.id ?? '')).map(({ sessionId, current }) => ({ sessionId, current }))).toEqual([
      { sessionId: opened[1]?.id, current: true },
    ]);
  });

  test('D9: beyond the most there may be, the one unused for longest makes room', async () => {
    const first = await sessions.open('ann', PHONE);
    runtime.advance(1_000);
    const second = await sessions.open('ann', PHONE);
    runtime.advance(700_000);
    // Used ten minutes after it was opened: noted, so that the second is now the older one.
    await sessions.check(first.id);
    await sessions.open('ann', PHONE);
    await sessions.open('ann', PHONE);
    expect(await sessions.check(second.id)).toBeNull();
    expect(await sessions.check(first.id)).not.toBeNull();
    expect(await sessions.list('ann', first.id)).toHaveLength(3);
  });

  test('a long user agent is cut', async () => {
    await sessions.open('ann', { userAgent: 'x'.repeat(10_000), address: null });
    expect((await sessions.list('ann', ''))[0]?.userAgent).toHaveLength(256);
  });
});
