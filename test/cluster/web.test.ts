import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browsing, inBrowser } from '../world/browser.js';
import { makeAdmin } from '../world/make-admin.js';
import { PASSWORD } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';

const PHONE = { width: 390, height: 844, dark: true };

inBrowser('the web client on two servers', () => {
  const browser = browsing();
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  }, 60_000);
  afterAll(() => server.remove());

  /** At the door of one of the servers, in a browser of one's own. */
  async function enter(node: number, path: string, button: string, username: string, options = {}): Promise<Page> {
    const page = await (await browser.profile(options)).tab(`${server.nodes[node]?.http}${path}`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    return page;
  }

  const say = async (page: Page, text: string) => {
    await page.locator('#composer').fill(text);
    await page.locator('#composer').press('Enter');
  };
  const shows = (page: Page, texts: string[]) =>
    until(`${texts.join(', ')} shown`, async () => {
      expect(await page.getByRole('log').locator('.formatted').allTextContents()).toEqual(texts);
      return true;
    });
  const unread = (page: Page, count: number) =>
    until(`${count} unread`, async () => (await page.locator('.list .count').count()) === count);

  test('D4 Ann and Bob talk across servers; Bob’s devices on both agree on what is read, and an operator sees both', async () => {
    const ann = await enter(0, '/sign-up', 'Sign up', 'ann');
    const laptop = await enter(1, '/sign-up', 'Sign up', 'bob');
    const phone = await enter(0, '/sign-in', 'Sign in', 'bob', PHONE);
    await ann.getByRole('searchbox').fill('bob');
    await ann.getByRole('region', { name: 'People' }).getByText('bob').waitFor();
    await ann.getByRole('searchbox').press('Enter');
    await say(ann, 'Hello Bob');
    for (const page of [laptop, phone]) await unread(page, 1);
    await laptop.locator('.list .row').click();
    await shows(laptop, ['Hello Bob']);
    await unread(phone, 0);
    await ann.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await say(laptop, 'Hello Ann');
    await shows(ann, ['Hello Bob', 'Hello Ann']);
    await phone.locator('.list .row').click();
    await shows(phone, ['Hello Bob', 'Hello Ann']);

    await makeAdmin(server, 'ann');
    await ann.goto(`${server.nodes[0]?.http}/admin`);
    await until('both servers are shown', async () => (await ann.locator('.cards > li').count()) === 2, 10_000);
    await ann.getByRole('link', { name: 'Queue' }).click();
    await ann.getByRole('rowheader', { name: 'offline' }).waitFor();
  });
});
