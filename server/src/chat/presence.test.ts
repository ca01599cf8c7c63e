import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbedded, type EmbeddedStores } from '../embedded/open.js';
import { textFrame } from '../edge/frame.js';
import { Metrics } from '../host/metrics.js';
import { processRuntime } from '../host/runtime.js';
import { Names } from './names.js';
import { Presence, type Watcher } from './presence.js';

const fail = (error: unknown) => {
  throw error;
};
const rest = {
  displayName: null,
  passwordHash: '',
  admin: false,
  invisible: false,
  lastSeen: null,
  closedAt: null,
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

test('D9 a connection that ends while its friends are being read is not kept as a watcher', async () => {
  for (const username of ['ann', 'bob']) await stores.accounts.create({ id: username, username, ...rest });
  await stores.conversations.openDirect('ann', 'bob', 'chat', 1);
  const { accounts, contacts } = stores;
  const names = new Names(accounts, new Metrics());
  const presence = new Presence({
    accounts,
    contacts,
    names,
    runtime: processRuntime,
    encode: textFrame,
    board: null,
    relay: null,
    graceMs: 0,
    onError: fail,
  });
  const watcher = (): Watcher => ({ userId: 'ann', watching: new Set(), away: false, send: () => {}, sendEphemeral: () => {} });

  const stays = watcher();
  await presence.open(stays);
  expect([...stays.watching]).toEqual(['bob']);

  const goes = watcher();
  const opening = presence.open(goes);
  presence.close(goes);
  await opening;
  expect([...goes.watching]).toEqual([]);
});
