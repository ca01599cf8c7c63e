import { afterAll, beforeAll, describe, test } from 'vitest';
import { browsing, inBrowser } from '../world/browser.js';
import { startServer, type RunningServer } from '../world/server.js';
import { begin, isAccessible, newcomer, say, VIEWS } from '../world/web.js';

inBrowser('the pages of the web client', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
  });
  afterAll(() => server.remove());

  describe.each(VIEWS)('%s', (_name, view) => {
    test('each is free of what axe finds, and nothing is cut off', async () => {
      const door = await (await browser.profile(view)).tab(`${base}/sign-in`);
      await isAccessible(door);
      await door.goto(`${base}/sign-up`);
      await isAccessible(door);
      const ann = await newcomer(browser, base, 'ann', view);
      const bob = await newcomer(browser, base, 'bob', view);
      await isAccessible(ann.page);
      await begin(ann.page, bob.username);
      await say(ann.page, 'Hello **Bob**, see https://example.org\n```js\nconst a = "b"; // c\n```');
      await ann.page.getByRole('log').locator('.message').waitFor();
      await isAccessible(ann.page);
      await ann.page.getByRole('button', { name: 'Actions for this message' }).click();
      await isAccessible(ann.page);
      await ann.page.keyboard.press('Escape');
      await ann.page.goto(`${base}/settings`);
      await ann.page.getByRole('heading', { name: 'Devices' }).waitFor();
      await isAccessible(ann.page);
      await ann.page.getByRole('heading', { name: 'Settings' }).click();
      await ann.page.keyboard.press('?');
      await ann.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await isAccessible(ann.page);
    });
  });
});
