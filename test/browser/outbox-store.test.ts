import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { message, outboxStoreContract } from '../../client/src/outbox-store.contract.js';
import type { OutboxStore } from '@parley/client';
import { browsing, inBrowser, type Profile } from '../world/browser.js';
import { hostSdkPage, type PageHost } from '../world/page-host.js';

inBrowser('in a real browser', () => {
  const browser = browsing();
  let host: PageHost;
  let profile: Profile;
  let tab: Page;
  beforeAll(async () => {
    host = await hostSdkPage();
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    profile = await browser.profile();
    tab = await profile.tab(host.origin);
  });

  outboxStoreContract('in IndexedDB', {
    fresh: () => storeIn(tab),
    again: async () => {
      await tab.reload();
      return storeIn(tab);
    },
  });

  test('two tabs of one user have one outbox store; another user has another', async () => {
    const [here, there] = [await storeIn(tab, 'Ann'), await storeIn(await profile.tab(host.origin), 'ann')];
    await here.put(message(1));
    await there.put(message(2));
    expect(await here.list()).toEqual([message(1), message(2)]);
    await there.remove('id-1');
    expect(await here.list()).toEqual([message(2)]);
    expect(await (await storeIn(tab, 'bob')).list()).toEqual([]);
  });

  test('a store whose database is deleted under it begins anew', async () => {
    const store = await storeIn(tab);
    await store.put(message(1));
    await tab.evaluate(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase(name);
          request.onsuccess = () => resolve();
          request.onerror = () => reject(new Error('not deleted'));
        }),
      'parley-outbox-ann',
    );
    await store.put(message(2));
    expect(await store.list()).toEqual([message(2)]);
  });
});

/** The IndexedDbOutbox of a page, whose calls are made there. */
async function storeIn(tab: Page, user = 'ann'): Promise<OutboxStore> {
  const store = await tab.evaluateHandle((name) => new parley.IndexedDbOutbox(name), user);
  return {
    put: (each) => store.evaluate((outbox, kept) => outbox.put(kept), each),
    remove: (id) => store.evaluate((outbox, gone) => outbox.remove(gone), id),
    list: () => store.evaluate((outbox) => outbox.list()),
    close: () => store.evaluate(async (outbox: OutboxStore) => outbox.close?.()),
  };
}
