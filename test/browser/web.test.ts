import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browsing, inBrowser, type ProfileOptions } from '../world/browser.js';
import { PASSWORD } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';
import { AWAY, begin, LAPTOP, PHONE, say, shown, shows, signIn as byForm } from '../world/web.js';

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '<script>document.title=1</script>',
  '[click](javascript:document.title=1)',
  '![x](https://example.org/x.png)',
  '**<b onmouseover=alert(1)>bold</b>**',
  '<svg/onload=document.title=1>',
  'https://example.org/"onmouseover="alert(1)',
];

let people = 0;

inBrowser('the web client', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
  });
  afterAll(() => server.remove());

  /** Somebody who signs up, in a browser of their own. */
  async function person(name: string, options: ProfileOptions = LAPTOP) {
    const username = `${name}-${++people}`;
    const profile = await browser.profile(options);
    const page = await profile.tab(`${base}/sign-up`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    return { username, profile, page };
  }

  /** The same person at another device. */
  async function signIn(username: string, path: string, options: ProfileOptions = PHONE): Promise<Page> {
    const page = await (await browser.profile(options)).tab(base + path);
    await byForm(page, username);
    return page;
  }

  const unread = (page: Page) => page.locator('.list .count').count();

  test('Ann writes; Bob’s laptop and phone both show it, and agree on what is read', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const phone = await signIn(bob.username, '/');
    await begin(ann.page, bob.username);
    await say(ann.page, 'Hello Bob');
    for (const page of [bob.page, phone]) await until('it is unread', async () => (await unread(page)) === 1);
    await phone.locator('.list .row').click();
    await shows(phone, ['Hello Bob']);
    for (const page of [bob.page]) await until('it is read there too', async () => (await unread(page)) === 0);
    await ann.page.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await phone.locator('#composer').fill('Hello Ann');
    await phone.getByRole('button', { name: 'Send' }).click();
    await shows(ann.page, ['Hello Bob', 'Hello Ann']);
    await bob.page.locator('.list .row').click();
    await shows(bob.page, ['Hello Bob', 'Hello Ann']);
  });

  test('what is typed while the server is away waits, also over a reload, and is sent once', async () => {
    const [ann, bob] = [await person('ann', { ...LAPTOP, tolerates: AWAY }), await person('bob', { ...LAPTOP, tolerates: AWAY })];
    await begin(ann.page, bob.username);
    await say(ann.page, 'one');
    await bob.page.locator('.list .row').click();
    await shows(bob.page, ['one']);
    await server.stop();
    await say(ann.page, 'two');
    await ann.page.getByText('Waits for the connection').waitFor();
    await ann.page.getByText('No connection').first().waitFor();
    await server.restart();
    await shows(bob.page, ['one', 'two']);
    await shows(ann.page, ['one', 'two']);
    await server.stop();
    await say(ann.page, 'three');
    await ann.page.getByText('Waits for the connection').waitFor();
    await server.restart();
    await ann.page.reload();
    await shows(bob.page, ['one', 'two', 'three']);
    await shows(ann.page, ['one', 'two', 'three']);
  });

  test('a group: made, written in, renamed, shown with its members, left', async () => {
    const [ann, bob] = [await person('ann'), await person('bob', PHONE)];
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await ann.page.getByLabel('Name', { exact: true }).fill('Climbing');
    await ann.page.getByLabel('Add people by username').fill(bob.username);
    await ann.page.getByRole('dialog').getByRole('button', { name: bob.username }).click();
    await ann.page.getByRole('button', { name: 'Create group' }).click();
    await ann.page.getByRole('heading', { level: 1, name: 'Climbing' }).waitFor();
    await say(ann.page, 'Friday?');
    await bob.page.locator('.list .row').click();
    await shows(bob.page, ['Friday?']);
    await ann.page.getByRole('button', { name: '2 members' }).click();
    await ann.page.getByLabel('Name', { exact: true }).fill('Bouldering');
    await ann.page.getByRole('button', { name: 'Rename' }).click();
    await bob.page.getByRole('heading', { level: 1, name: 'Bouldering' }).waitFor();
    await bob.page.getByRole('button', { name: '2 members' }).click();
    await bob.page.getByRole('button', { name: 'Leave group' }).click();
    await bob.page.getByRole('dialog', { name: 'Leave Bouldering?' }).getByRole('button', { name: 'Leave group' }).click();
    await bob.page.getByText('No conversations yet').waitFor();
    await ann.page.getByText(`${bob.username} left`).waitFor();
  });

  test('a link survives signing in; signing out everywhere ends the other window', async () => {
    const [ann, bob] = [await person('ann', { ...LAPTOP, tolerates: AWAY }), await person('bob')];
    await begin(ann.page, bob.username);
    await say(ann.page, 'here');
    const other = await signIn(ann.username, `/c/${bob.username}`, { ...PHONE, tolerates: AWAY });
    await shows(other, ['here']);
    await other.goto(`${base}/settings`);
    await other.locator('li', { hasNotText: 'this device' }).getByRole('button', { name: 'Sign out' }).click();
    await ann.page.getByText('You were signed out.').waitFor();
    await other.locator('.sections > button').click();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('nothing that somebody writes is more than text', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    await begin(ann.page, bob.username);
    for (const text of HOSTILE) await say(ann.page, text);
    await bob.page.locator('.list .row').click();
    await until('all is there', async () => (await shown(bob.page)).length === HOSTILE.length);
    const log = bob.page.getByRole('log');
    expect(await log.locator('img:not(.tick), script, b, svg:not(.drawn, .tick)').count()).toBe(0);
    for (const link of await log.locator('a').all()) expect(await link.getAttribute('href')).toMatch(/^https:\/\/example\.org/);
    expect(await bob.page.title()).toContain(ann.username);
  });
});
