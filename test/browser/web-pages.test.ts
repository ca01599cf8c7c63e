import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsing, inBrowser, type ProfileOptions } from '../world/browser.js';
import { Person } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { begin, isAccessible, LAPTOP, newcomer, say, VIEWS, type AtTheWeb } from '../world/web.js';

/** Where to keep what each page looked like, to be looked at; by default nowhere. */
const PICTURES = process.env['PARLEY_TEST_PICTURES'];

inBrowser('every page and state of the web client', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
    // Where nobody has an account, the door is another: `admin.test.ts` is at it.
    await Person.register(server, 'first');
    if (PICTURES !== undefined) await mkdir(PICTURES, { recursive: true });
  });
  afterAll(() => server.remove());

  const person = (name: string, options: ProfileOptions) => newcomer(browser, base, name, options);

  /** As they want to be seen. */
  const looks = async ({ page }: AtTheWeb, displayName: string, colour: string) => {
    const answer = await page.request.patch(`${base}/me`, { data: { displayName, colour }, headers: { origin: base } });
    expect(answer.status()).toBe(200);
  };

  describe.each(VIEWS)('%s', (name, view) => {
    const checked = async (page: Page, what: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${what}, ${name}, ${colorScheme}.png` });
        await isAccessible(page);
      }
    };

    test('at the door', async () => {
      const page = await (await browser.profile(view)).tab(`${base}/sign-in`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await checked(page, 'sign-in');
      await page.getByRole('link', { name: 'Sign up' }).click();
      await page.getByLabel('Username').fill('x');
      await checked(page, 'sign-up');
    });

    test('conversations', async () => {
      const [ann, bob] = [await person('ann', view), await person('bob', LAPTOP)];
      await checked(ann.page, 'empty');
      await looks(bob, 'Bob of the bridge', 'plum');
      await begin(bob.page, ann.username);
      await say(bob.page, 'Are you coming on Friday? We meet at six by the old bridge, and somebody should bring a rope.');
      await say(bob.page, 'See https://example.org\n```js\nconst rope = "60 m"; // enough\n```\n> as last time');
      await ann.page.locator('.list .row').waitFor();
      const bonny = await Person.register(server, 'bonny');
      await bonny.api.updateProfile({ displayName: 'Bonny with a name so long that it has to end somewhere', colour: 'teal' });
      await ann.page.getByRole('searchbox').fill('bo');
      await ann.page.getByRole('region', { name: 'People' }).waitFor();
      await checked(ann.page, 'search');
      await ann.page.getByRole('searchbox').fill('');
      await checked(ann.page, 'list');
      const row = ann.page.locator('.list .line').first();
      await row.click({ button: 'right' });
      await ann.page.getByRole('menu').waitFor();
      await checked(ann.page, 'menu of a conversation');
      await ann.page.getByRole('menuitem', { name: 'Archive' }).click();
      await ann.page.getByRole('button', { name: 'Archived: 1' }).click();
      await checked(ann.page, 'archive');
      await ann.page.locator('.list .row').click();
      await say(ann.page, 'Yes, **with pleasure**. I have one:\n- 60 m\n- 9.8 mm');
      await ann.page.getByRole('img', { name: /Delivered|Sent/ }).waitFor();
      await checked(ann.page, 'conversation');
      await ann.page.locator('.message').first().getByRole('button', { name: 'Actions for this message' }).click();
      await checked(ann.page, 'menu of a message');
      await ann.page.keyboard.press('Escape');
      await ann.page.getByRole('button', { name: 'Emoji' }).click();
      await ann.page.getByRole('button', { name: 'joy', exact: true }).waitFor();
      await checked(ann.page, 'emoji');
      await ann.page.keyboard.press('Escape');
      await ann.page.locator('#composer').pressSequentially(' :th');
      await ann.page.getByRole('listbox', { name: 'Emoji' }).waitFor();
      await checked(ann.page, 'emoji by name');
    });

    test('groups', async () => {
      const [ann, bob] = [await person('ann', view), await person('bob', view)];
      await looks(bob, 'Bob of the bridge', 'plum');
      await ann.page.getByRole('button', { name: 'New group' }).click();
      await ann.page.getByLabel('Name', { exact: true }).fill('Climbing on Friday with everybody who has time');
      await ann.page.getByLabel('Add people by username').fill(bob.username);
      await ann.page.getByRole('dialog').getByRole('button', { name: bob.username }).waitFor();
      await checked(ann.page, 'new group');
      await ann.page.getByRole('button', { name: 'Create group' }).click();
      await say(ann.page, 'Who is in?');
      await ann.page.getByRole('log').getByText('Who is in?').waitFor();
      const group = new URL(ann.page.url()).pathname.split('/').at(-1) ?? '';
      await bob.page.goto(`${base}/join/${group}`);
      await bob.page.getByRole('button', { name: 'Join group' }).waitFor();
      await checked(bob.page, 'invitation');
      await bob.page.getByRole('button', { name: 'Join group' }).click();
      await say(bob.page, 'I am');
      await ann.page.getByRole('log').getByText('I am').waitFor();
      await checked(ann.page, 'group');
      await ann.page.getByRole('button', { name: '2 members' }).click();
      await ann.page.getByRole('dialog').getByText(bob.username).waitFor();
      await checked(ann.page, 'members');
      await ann.page.keyboard.press('Escape');
      await ann.page.getByRole('button', { name: 'Actions for this message' }).first().click();
      await ann.page.getByRole('menuitem', { name: 'Who has read it' }).click();
      await ann.page.getByRole('dialog').getByText(bob.username).waitFor();
      await checked(ann.page, 'who has read it');
    });

    test('settings, and the keys', async () => {
      const { page } = await person('ann', view);
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByText('(this device)').waitFor();
      await page.getByLabel('Display name').fill('Ann of Arden');
      await page.getByRole('radio', { name: 'Rose' }).check();
      await checked(page, 'settings');
      await page.getByRole('button', { name: 'Delete account' }).scrollIntoViewIfNeeded();
      await checked(page, 'settings, the end');
      await page.getByRole('button', { name: 'Delete account' }).click();
      await checked(page, 'delete account');
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'Settings' }).click();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await checked(page, 'keys');
    });
  });

  test('who asks for more contrast gets seven to one; colours of the system are kept', async () => {
    const [ann, bob] = [await person('ann', LAPTOP), await person('bob', LAPTOP)];
    await begin(ann.page, bob.username);
    await say(ann.page, 'Hello **Bob** `code`');
    for (const colorScheme of ['light', 'dark'] as const) {
      await ann.page.emulateMedia({ contrast: 'more', colorScheme });
      await isAccessible(ann.page, { 'color-contrast-enhanced': { enabled: true } });
    }
    await ann.page.emulateMedia({ forcedColors: 'active' });
    await isAccessible(ann.page);
  });

  test('nothing moves for who asks for less motion', async () => {
    const { page } = await person('ann', LAPTOP);
    const moving = () =>
      page.evaluate(
        () =>
          [...document.querySelectorAll('*')]
            .map((each) => getComputedStyle(each))
            .filter((style) => style.transitionDuration !== '0s' || style.animationName !== 'none').length,
      );
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await moving()).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moving()).toBe(0);
  });

  test('it can be installed: a manifest whose icons are there, and a shell that opens without a server', async () => {
    const { page } = await person('ann', { ...LAPTOP, tolerates: /ERR_|WebSocket|Failed to/ });
    const response = await page.request.get(`${base}/manifest.webmanifest`);
    const { icons, display } = (await response.json()) as {
      icons: { src: string; sizes: string; purpose?: string }[];
      display: string;
    };
    expect(display).toBe('standalone');
    expect(icons.map(({ purpose = 'any' }) => purpose)).toContain('maskable');
    for (const { src, sizes } of icons.filter((icon) => icon.sizes !== 'any')) {
      const size = await page.evaluate(async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, src);
      expect(size).toBe(sizes);
    }
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.reload();
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    await page.context().setOffline(false);
  });
});
