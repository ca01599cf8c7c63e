import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsing, inBrowser, type ProfileOptions } from '../world/browser.js';
import { call, login, PASSWORD, register } from '../world/http.js';
import { makeAdmin } from '../world/make-admin.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';
import { isAccessible, LAPTOP, PHONE } from '../world/web.js';

/** The browser's own words for a session that was ended. */
const ENDED = /WebSocket connection|Failed to load resource/;

inBrowser('the pages of operators', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
    const page = await (await browser.profile(PHONE)).tab(base);
    await page.getByText('yours is the first').waitFor();
    await isAccessible(page);
    for (const username of ['ada', 'bob', 'carol', 'dave']) await register(base, username);
    await makeAdmin(server, 'ada');
  });
  afterAll(() => server.remove());

  async function signIn(username: string, path: string, options: ProfileOptions = LAPTOP) {
    const page = await (await browser.profile(options)).tab(base + path);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    return page;
  }

  test('W69 Ada suspends Bob, who is out within a second, lets him in again, and the log has it', async () => {
    const bob = await signIn('bob', '/', { ...LAPTOP, tolerates: ENDED });
    await bob.getByRole('navigation', { name: 'Conversations' }).waitFor();
    const ada = await signIn('ada', '/');
    await ada.getByRole('link', { name: 'Operate this server' }).click();
    await ada.getByText('Chat connections').first().waitFor();
    await ada.getByRole('link', { name: 'People' }).click();
    await ada.getByLabel('Find people').fill('BO');
    await until('only Bob is found', async () => (await ada.locator('.accounts li').count()) === 1);
    await ada.getByRole('button', { name: 'Suspend: bob' }).click();
    await ada.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
    await bob.getByText('You were signed out.').waitFor({ timeout: 1_500 });
    await ada.getByText('bob is suspended.').waitFor();
    await bob.getByLabel('Username').fill('bob');
    await bob.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await bob.getByRole('button', { name: 'Sign in' }).click();
    await bob.getByText('This account was suspended').waitFor();
    await ada.getByRole('button', { name: 'Let in again: bob' }).click();
    await ada.getByText('bob may sign in again.').waitFor();
    await bob.getByRole('button', { name: 'Sign in' }).click();
    await bob.getByRole('navigation', { name: 'Conversations' }).waitFor();
    await ada.getByRole('button', { name: 'Sign out everywhere: bob' }).click();
    await ada.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await ada.getByText('bob was signed out on one device.').waitFor();
    await ada.getByRole('link', { name: 'Audit log' }).click();
    const log = ada.locator('.admin .plain li > span > span:first-child');
    await until('the log has it', async () => (await log.count()) === 4);
    expect(await log.allTextContents()).toEqual([
      'ada signed bob out everywhere',
      'ada let bob in again',
      'ada suspended bob',
      'Somebody at the command line made ada an operator',
    ]);
  });

  test('the figures move by themselves', async () => {
    const ada = await signIn('ada', '/admin');
    const figure = ada.locator('.figures div', { hasText: 'Presence connections' }).locator('dd');
    await figure.waitFor();
    const before = Number(await figure.textContent());
    const carol = await signIn('carol', '/');
    await carol.getByRole('navigation', { name: 'Conversations' }).waitFor();
    await until('it is counted', async () => Number(await figure.textContent()) > before, 8_000);
  });

  test('W68 others find no link to them, and nothing behind the address', async () => {
    const dave = await signIn('dave', '/admin/people');
    await dave.getByText('These pages are for operators').waitFor();
    expect(await dave.getByRole('link', { name: 'Operate this server' }).count()).toBe(0);
    const { token } = await login(base, 'dave');
    expect((await call(base, 'GET', '/admin/api/users', { token })).status).toBe(403);
  });

  describe.each([
    ['on a phone, dark', PHONE],
    ['on a laptop, light', LAPTOP],
  ] as const)('%s', (_name, view) => {
    test('every part is free of what axe finds, nothing is cut off, and keys reach it', async () => {
      const ada = await signIn('ada', '/admin', view);
      for (const [part, shown] of [
        ['Overview', 'Health'],
        ['People', 'carol'],
        ['Queue', 'This server does its work in its own store'],
        ['Audit log', 'made ada an operator'],
      ] as const) {
        await ada.getByRole('link', { name: part, exact: true }).focus();
        await ada.keyboard.press('Enter');
        await ada.getByText(shown).first().waitFor();
        await isAccessible(ada);
      }
    });
  });
});
