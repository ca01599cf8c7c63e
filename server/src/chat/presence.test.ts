import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventOf, ServerEvent } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PresenceBoard, StandingChanged } from '../ports/presence-board.js';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { openEmbedded, type EmbeddedStores } from '../embedded/open.js';
import { Metrics } from '../host/metrics.js';
import { processRuntime } from '../host/runtime.js';
import { Names } from './names.js';
import { Presence, type PresenceParts } from './presence.js';
import type { Watcher } from './watchers.js';

const fail = (error: unknown) => {
  throw error;
};
const rest = {
  displayName: null,
  colour: null,
  passwordHash: '',
  admin: false,
  invisible: false,
  lastSeen: null,
  closedAt: null,
  suspendedAt: null,
  createdAt: 1,
};

let dataDir: string;
let stores: EmbeddedStores;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-presence-'));
  stores = await openEmbedded({ dataDir, runtime: processRuntime, meter: new Metrics(), onFatal: fail });
});
afterEach(async () => {
  await stores.close();
  await rm(dataDir, { recursive: true });
});

const encode = (event: ServerEvent) => Buffer.from(JSON.stringify(event));

/** Presence on these stores, beside other servers as far as the board tells of them. */
function presenceWith(more: Partial<PresenceParts> = {}): Presence {
  const { accounts, contacts } = stores;
  const names = new Names(accounts, new Metrics());
  const alone = { runtime: processRuntime, encode, board: null, relay: null, graceMs: 0, onError: fail };
  return new Presence({ accounts, contacts, names, ...alone, ...more });
}

async function annAndBob(): Promise<void> {
  for (const username of ['ann', 'bob']) await stores.accounts.create({ id: username, username, ...rest });
  await stores.conversations.openDirect('ann', 'bob', 'chat', 1);
}

const bobSeen = async () => (await stores.accounts.byIds(['bob']))[0]?.lastSeen;

function annsWatcher(told: EventOf<'PRESENCE_UPDATE'>[] = []): Watcher {
  const send = (frame: Uint8Array) => {
    const event = JSON.parse(Buffer.from(frame).toString()) as ServerEvent;
    if (event.type === 'PRESENCE_UPDATE') told.push(event);
  };
  return { userId: 'ann', watching: new Set(), away: false, send, sendEphemeral: send };
}

test('D9 a connection that ends while its friends are being read is not kept as a watcher', async () => {
  await annAndBob();
  const presence = presenceWith();
  const stays = annsWatcher();
  await presence.open(stays);
  expect([...stays.watching]).toEqual(['bob']);

  const goes = annsWatcher();
  const opening = presence.open(goes);
  presence.close(goes);
  await opening;
  expect([...goes.watching]).toEqual([]);
});

test('P1 whoever is here is written down as seen, now and then, so that a process that is killed takes little with it', async () => {
  await annAndBob();
  const runtime = new ManualRuntime();
  const presence = presenceWith({ runtime });
  const cameAt = runtime.now();
  presence.connected('bob');
  await vi.waitFor(async () => {
    await presence.flush();
    expect(await bobSeen()).toBe(cameAt);
  });
  runtime.advance(60_000);
  presence.noteHere();
  await presence.flush();
  expect(await bobSeen()).toBe(cameAt + 60_000);

  presence.hide('bob', true);
  await presence.flush();
  runtime.advance(60_000);
  presence.noteHere();
  await presence.flush();
  expect(await bobSeen()).toBe(cameAt + 60_000);
});

describe('P1 whoever is gone from another server', () => {
  /** Bob stands on another server, until this says what comes of it. */
  async function bobElsewhere() {
    await annAndBob();
    const runtime = new ManualRuntime();
    let stands = true;
    let changed: StandingChanged = () => undefined;
    const board: PresenceBoard = {
      listen: (listener) => (changed = listener),
      put: () => undefined,
      follow: () => Promise.resolve(),
      unfollow: () => undefined,
      elsewhere: (userIds) => Promise.resolve(new Map(stands ? userIds.map((userId) => [userId, 'online'] as const) : [])),
    };
    const presence = presenceWith({ runtime, board });
    const told: EventOf<'PRESENCE_UPDATE'>[] = [];
    await presence.open(annsWatcher(told));
    expect(told.at(-1)).toMatchObject({ status: 'online' });
    const gone = async (died: boolean) => {
      stands = false;
      changed('bob', died);
      return vi.waitFor(() => {
        runtime.advance(100);
        expect(told.at(-1)?.status).toBe('offline');
        return told.at(-1);
      });
    };
    return { runtime, presence, gone };
  }

  test('was last seen when that server says, however late it comes to be known', async () => {
    const { runtime, presence, gone } = await bobElsewhere();
    const leftAt = runtime.now();
    await stores.accounts.setLastSeen([{ userId: 'bob', at: leftAt }]);
    runtime.advance(120_000);
    expect(await gone(false)).toMatchObject({ lastSeen: leftAt });
    await presence.flush();
    expect(await bobSeen()).toBe(leftAt);
  });

  test('was last seen when it died, if it could not say so', async () => {
    const { runtime, presence, gone } = await bobElsewhere();
    await stores.accounts.setLastSeen([{ userId: 'bob', at: runtime.now() }]);
    runtime.advance(20_000);
    const diedAt = runtime.now();
    await gone(true);
    await presence.flush();
    expect(await bobSeen()).toBeGreaterThanOrEqual(diedAt);
  });
});
