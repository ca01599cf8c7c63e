import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ParleyClient } from '@parley/client/node';
import { browsing, inBrowser, type Profile } from '../world/browser.js';
import { cableTo, type Cable } from '../world/cable.js';
import { hostSdkPage, type PageHost } from '../world/page-host.js';
import { PASSWORD, Person, shows } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';

inBrowser('Ann in her browser', () => {
  const browser = browsing();
  let host: PageHost;
  let server: RunningServer;
  let cable: Cable;
  let anns: Profile;
  let [ann, bob] = [] as unknown as [Person, Person];
  let bobs: ParleyClient;

  beforeAll(async () => {
    host = await hostSdkPage();
    server = await startServer({ CORS_ORIGIN: host.origin });
  });
  beforeEach(async () => {
    cable = await cableTo(server.addresses.chat);
    [ann, bob] = await Promise.all([Person.register(server, 'ann'), Person.register(server, 'bob')]);
    bobs = await bob.device({ catchUp: 'all' });
    anns = await browser.profile({ tolerates: /WebSocket connection to/ });
  });
  afterEach(async () => {
    await bob.leave();
    await cable.remove();
  });
  afterAll(async () => {
    await server.remove();
    await host.close();
  });

  /** A tab in which Ann is signed in, by herself or because another tab is. */
  async function annsTab(): Promise<Page> {
    const tab = await anns.tab(host.origin);
    const account = { http: server.addresses.http, chat: cable.url, username: ann.username, password: PASSWORD };
    await tab.evaluate(async (each) => parley.client ?? (await parley.signIn(each)), account);
    return tab;
  }
  const goOffline = async (...tabs: Page[]) => {
    cable.freeze();
    cable.cut();
    for (const tab of tabs) await until('Ann is offline', async () => (await stateOf(tab)) !== 'live');
  };
  const bobSees = (...contents: string[]) => shows(bobs, () => bobs.chatWith(ann.username), contents);
  const inTheLog = async () => (await bob.api.inbox()).chats.map(({ lastSeq }) => lastSeq);
  const write = (tab: Page, ...contents: string[]) => writeTo(tab, bob.username, contents);

  test('D3 what she writes while offline is there after a reload, and sent once when she is back', async () => {
    const tab = await annsTab();
    await live(tab);
    await write(tab, 'online');
    await bobSees('online');
    await goOffline(tab);
    await write(tab, 'one', 'two', 'three');
    await kept(tab, 3);
    await tab.reload();
    await waiting(tab, ['one', 'two', 'three']);
    await write(tab, 'four');
    cable.thaw();
    await bobSees('online', 'one', 'two', 'three', 'four');
    await waiting(tab, []);
    await kept(tab, 0);
    await timeline(tab, bob.username, ['online', 'one', 'two', 'three', 'four']);
    expect(await inTheLog()).toEqual([5]);
  });

  test('D3 a page that is reloaded again and again in the middle of sending sends each message once, in order', async () => {
    const tab = await annsTab();
    await live(tab);
    const written: string[] = [];
    for (let round = 0; round < 4; round++) {
      const contents = Array.from({ length: 30 }, (_, i) => `${round}.${i}`);
      written.push(...contents);
      await write(tab, ...contents);
      await tab.reload();
    }
    await live(tab);
    await waiting(tab, []);
    await bobSees(...written);
    expect(await inTheLog()).toEqual([written.length]);
  });

  test('D3 two tabs with one outbox send nothing twice', async () => {
    const [left, right] = [await annsTab(), await annsTab()];
    await live(left, right);
    await goOffline(left, right);
    await write(left, 'a', 'b');
    await kept(left, 2);
    await right.reload(); // now it has them too
    await waiting(right, ['a', 'b']);
    await write(right, 'c');
    cable.thaw();
    await bobSees('a', 'b', 'c');
    for (const tab of [left, right]) {
      await waiting(tab, []);
      await timeline(tab, bob.username, ['a', 'b', 'c']);
    }
    await kept(left, 0);
    expect(await inTheLog()).toEqual([3]);
  });

  test('D3 what a closed tab left unsent is sent by the one that stays', async () => {
    const [left, right] = [await annsTab(), await annsTab()];
    await live(left, right);
    await goOffline(left, right);
    await write(left, 'from the tab that is closed');
    await kept(left, 1);
    await left.close();
    cable.thaw();
    await bobSees('from the tab that is closed');
    await waiting(right, []);
    expect(await inTheLog()).toEqual([1]);
  });

  test('what she takes back in one tab is not sent by the other', async () => {
    const [left, right] = [await annsTab(), await annsTab()];
    await live(left, right);
    await goOffline(left, right);
    await write(left, 'regretted', 'meant');
    await kept(left, 2);
    await right.reload();
    await waiting(right, ['regretted', 'meant']);
    expect(await left.evaluate(() => parley.me.outgoing[0]?.discard())).toBe(true);
    cable.thaw();
    await bobSees('meant');
    for (const tab of [left, right]) await waiting(tab, []);
    expect(await inTheLog()).toEqual([1]);
  });
});

const stateOf = (tab: Page) => tab.evaluate(() => parley.me.state);

async function live(...tabs: Page[]): Promise<void> {
  for (const tab of tabs) await until('the tab is connected', async () => (await stateOf(tab)) === 'live');
}

/** Writes, and waits until each is in the store or with the server: that is when a reload may come. */
async function writeTo(tab: Page, to: string, contents: string[]): Promise<void> {
  await tab.evaluate(
    async ([username, all]) => {
      const { me, outbox } = parley;
      const sent = all.map((content) => me.sendTo(username, content));
      const isSafe = (ids: Set<string>) => sent.every((each) => each.status === 'sent' || ids.has(each.clientMessageId));
      while (!isSafe(new Set((await outbox.list()).map(({ clientMessageId }) => clientMessageId))));
    },
    [to, contents] as const,
  );
}

/** Waits until so many messages are in the store. */
async function kept(tab: Page, count: number): Promise<void> {
  await until(`${count} messages are kept`, async () => (await tab.evaluate(() => parley.outbox.list())).length === count);
}

/** Waits until these are shown as unsent, and no others. */
async function waiting(tab: Page, contents: string[]): Promise<void> {
  await until(`what waits in the tab is ${contents.join(', ')}`, async () => {
    expect(await tab.evaluate(() => parley.me.outgoing.map(({ content }) => content))).toEqual(contents);
    return true;
  });
}

/** Waits until the opened chat shows these as sent. */
async function timeline(tab: Page, username: string, contents: string[]): Promise<void> {
  await tab.evaluate((name) => parley.me.chatWith(name)?.timeline.open(), username);
  await until(`the tab shows ${contents.join(', ')}`, async () => {
    const shown = await tab.evaluate(
      (name) => parley.me.chatWith(name)?.timeline.messages.map(({ content }) => content),
      username,
    );
    expect(shown).toEqual(contents);
    return true;
  });
}
