import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browsing, inBrowser, type ProfileOptions } from '../world/browser.js';
import { PASSWORD } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';
import { AWAY, begin, enter, lists, newcomer, PHONE, say, shows, signIn, titled, type AtTheWeb } from '../world/web.js';

inBrowser('conversations, groups and accounts at the web client', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
  });
  afterAll(() => server.remove());

  const person = (name: string, options?: ProfileOptions) => newcomer(browser, base, name, options);

  /** The same person at another device. */
  async function another({ username }: AtTheWeb, options: ProfileOptions = PHONE): Promise<Page> {
    const page = await (await browser.profile(options)).tab(`${base}/sign-in`);
    await enter(page, base, username, 'login');
    await page.goto(base);
    return page;
  }

  /** Picks what a conversation's menu offers, by keys alone. */
  async function pick(page: Page, title: string, item: string): Promise<void> {
    await page.locator('.list').getByRole('link', { name: title }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const menu = page.getByRole('menu', { name: `Actions for ${title}` });
    await menu.waitFor();
    const at = (await menu.getByRole('menuitem').allTextContents()).indexOf(item);
    for (let step = 0; step < at; step++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await menu.waitFor({ state: 'hidden' });
  }

  test('Ann pins, mutes and archives with the keyboard, and her phone knows it', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    await begin(bob.page, ann.username);
    await say(bob.page, 'from Bob');
    await begin(eve.page, ann.username);
    await say(eve.page, 'from Eve');
    await lists(ann.page, [eve.username, bob.username]);
    await titled(ann.page, /^\(2\)/);

    await pick(ann.page, bob.username, 'Pin');
    await lists(ann.page, [bob.username, eve.username]);
    await ann.page.getByRole('link', { name: bob.username }).getByRole('img', { name: 'Pinned' }).waitFor();

    await pick(ann.page, eve.username, 'Mute');
    await titled(ann.page, /^\(1\)/);

    await pick(ann.page, bob.username, 'Archive');
    await lists(ann.page, [eve.username]);
    await titled(ann.page, /^Parley$/);
    await say(bob.page, 'are you there?');
    const phone = await another(ann);
    await lists(phone, [eve.username]);
    await phone.getByRole('button', { name: 'Archived: 1' }).click();
    await lists(phone, [bob.username]);
    await phone.getByText('are you there?').waitFor();
    await titled(phone, /^Parley$/);
    await pick(phone, bob.username, 'Unarchive');
    await phone.getByText('Nothing is archived').waitFor();
    await lists(ann.page, [bob.username, eve.username]);
    await titled(ann.page, /^\(2\)/);
  });

  test('what is muted makes no notification', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    // The browser's own are drawn by the desktop, which a browser without a window has not.
    await ann.page.addInitScript(() => {
      const made: string[] = [];
      const Notification = Object.assign(
        class {
          constructor(title: string, options: { body: string }) {
            made.push(`${title}: ${options.body}`);
          }
          close() {}
        },
        { permission: 'granted', requestPermission: async () => 'granted' },
      );
      Object.assign(globalThis, { Notification, made });
      document.hasFocus = () => false;
    });
    await ann.page.reload();
    await ann.page.getByRole('link', { name: 'Settings' }).click();
    await ann.page.getByRole('button', { name: 'Show notifications on this device' }).click();
    const made = () => ann.page.evaluate(() => (globalThis as unknown as { made: string[] }).made);
    await begin(bob.page, ann.username);
    await say(bob.page, 'loud');
    await until('a notification', async () => (await made()).length === 1);
    const isMuted = ann.page.locator('.list').getByRole('img', { name: 'Muted' });
    await pick(ann.page, bob.username, 'Mute');
    await isMuted.waitFor();
    await say(bob.page, 'quiet');
    await ann.page.locator('.list').getByText('quiet').waitFor();
    await pick(ann.page, bob.username, 'Unmute');
    await isMuted.waitFor({ state: 'detached' });
    await say(bob.page, 'loud again');
    await until('the next', async () => (await made()).length === 2);
    expect(await made()).toEqual([`${bob.username}: loud`, `${bob.username}: loud again`]);
  });

  test('Ann chooses a name and a colour, and everybody sees them wherever she is, with her username where it matters', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    await begin(ann.page, bob.username);
    await say(ann.page, 'Hello!');
    await lists(bob.page, [ann.username]);
    await ann.page.getByRole('link', { name: 'Settings' }).click();
    await ann.page.getByLabel('Display name').fill('Ann of Arden');
    await ann.page.getByRole('radio', { name: 'Plum' }).check();
    await ann.page.getByRole('button', { name: 'Save' }).click();
    await lists(bob.page, ['Ann of Arden']);
    for (const typed of ['arden', ann.username]) {
      await bob.page.getByRole('searchbox').fill(typed);
      await lists(bob.page, ['Ann of Arden']);
    }
    await bob.page.getByRole('searchbox').press('Enter');
    const head = bob.page.locator('.conversation > header');
    await head.getByRole('heading', { level: 1, name: 'Ann of Arden' }).waitFor();
    await head.getByText(ann.username).waitFor();
    expect(await head.locator('.face').getAttribute('data-colour')).toBe('plum');
    await titled(bob.page, /^Ann of Arden · Parley$/);

    // In a group: whoever writes, joins and is typing, also to somebody who has never met her.
    await bob.page.getByRole('button', { name: 'New group' }).click();
    await bob.page.getByLabel('Name', { exact: true }).fill('Climbing');
    for (const { username } of [ann, eve]) {
      await bob.page.getByLabel('Add people by username').fill(username);
      await bob.page.getByRole('dialog').getByRole('button', { name: username }).click();
    }
    await bob.page.getByRole('button', { name: 'Create group' }).click();
    await bob.page.getByText(`${bob.username} added Ann of Arden`).waitFor();
    await eve.page.locator('.list .row', { hasText: 'Climbing' }).click();
    await ann.page.locator('.list .row', { hasText: 'Climbing' }).click();
    await ann.page.locator('#composer').pressSequentially('Fri');
    await eve.page.locator('.typing', { hasText: 'Ann of Arden is typing…' }).waitFor();
    await say(ann.page, 'Friday?');
    await eve.page.locator('.message .author', { hasText: 'Ann of Arden' }).waitFor();
    expect(await eve.page.locator('.message .author').getAttribute('title')).toBe(ann.username);
    await eve.page.locator('.list .preview', { hasText: 'Ann of Arden: Friday?' }).waitFor();
    await eve.page.getByRole('button', { name: '3 members' }).click();
    await eve.page.getByRole('dialog').getByText(`Ann of Arden ${ann.username}`).waitFor();
    await eve.page.keyboard.press('Escape');

    // A device that is new is told at once.
    const phone = await another(bob);
    await lists(phone, ['Climbing', 'Ann of Arden']);
    await phone.getByRole('searchbox').fill(eve.username);
    await phone.getByRole('region', { name: 'People' }).getByText(eve.username).waitFor();
  });

  test('an invite link shows the group, survives signing up, and lets one in', async () => {
    const ann = await person('ann');
    await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await ann.page.getByLabel('Name', { exact: true }).fill('Climbing');
    await ann.page.getByRole('button', { name: 'Create group' }).click();
    await say(ann.page, 'Friday?');
    await ann.page.getByRole('button', { name: '1 member' }).click();
    await ann.page.getByRole('button', { name: 'Copy invite link' }).click();
    await ann.page.getByRole('dialog').getByText('Link copied').waitFor();
    const link = await ann.page.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(/\/join\/[0-9a-f-]{36}$/);

    const bobs = await (await browser.profile(PHONE)).tab(link);
    await bobs.getByRole('link', { name: 'Sign up' }).click();
    await bobs.getByLabel('Username').fill('bob-invited');
    await bobs.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await bobs.getByRole('button', { name: 'Sign up' }).click();
    await bobs.getByRole('heading', { name: 'You are invited to Climbing' }).waitFor();
    await bobs.getByText('1 member').waitFor();
    await bobs.getByRole('button', { name: 'Join group' }).click();
    await shows(bobs, ['Friday?']);
    await say(bobs, 'Yes');
    await shows(ann.page, ['Friday?', 'Yes']);

    const eves = await (await browser.profile({ tolerates: /404/ })).tab(`${base}/join/0190f5a0-7b1c-7000-8000-000000000001`);
    await signIn(eves, ann.username);
    await eves.getByText('This link leads to no group that you may join.').waitFor();
  });

  test('who has read a message; members are promoted and demoted', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await ann.page.getByLabel('Name', { exact: true }).fill('Readers');
    for (const { username } of [bob, eve]) {
      await ann.page.getByLabel('Add people by username').fill(username);
      await ann.page.getByRole('dialog').getByRole('button', { name: username }).click();
    }
    await ann.page.getByRole('button', { name: 'Create group' }).click();
    await say(ann.page, 'Who reads this?');
    await bob.page.getByRole('link', { name: 'Readers' }).click();
    await shows(bob.page, ['Who reads this?']);
    await until('Bob has read it, and Eve has it', async () => {
      await ann.page.getByRole('button', { name: 'Actions for this message' }).click();
      await ann.page.getByRole('menuitem', { name: 'Who has read it' }).click();
      const dialog = ann.page.getByRole('dialog', { name: 'Who has read it' });
      await dialog.getByText(bob.username).waitFor();
      const readers = await dialog.getByRole('region', { name: 'Read by' }).getByRole('listitem').allTextContents();
      const rest = await dialog.getByRole('region', { name: 'Delivered to' }).getByRole('listitem').allTextContents();
      await ann.page.keyboard.press('Escape');
      return readers.join().endsWith(bob.username) && rest.join().endsWith(eve.username);
    });
    await eve.page.getByRole('link', { name: 'Readers' }).click();
    await ann.page.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await ann.page.reload();
    await ann.page.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await ann.page.getByRole('button', { name: '3 members' }).click();
    const bobsRow = ann.page.getByRole('dialog').getByRole('listitem').filter({ hasText: bob.username });
    for (const [item, role] of [
      ['Make admin', 'admin'],
      ['Make member', 'member'],
    ] as const) {
      await bobsRow.getByRole('button', { name: bob.username }).click();
      await ann.page.getByRole('menuitem', { name: item }).click();
      await bobsRow.getByText(role, { exact: true }).waitFor();
    }
    await eve.page.getByText(`${ann.username} made ${bob.username} admin`).waitFor();
  });

  test('Ann takes her data along, and deletes her account', async () => {
    const [ann, bob] = [await person('ann', { tolerates: AWAY }), await person('bob')];
    await begin(ann.page, bob.username);
    await say(ann.page, 'keep this');
    await shows(ann.page, ['keep this']);
    await ann.page.getByRole('link', { name: 'Settings' }).click();
    await ann.page.getByLabel('Display name').fill('Ann of Arden');
    await ann.page.getByRole('radio', { name: 'Sea blue' }).check();
    await ann.page.getByRole('button', { name: 'Save' }).click();
    await ann.page.getByText('Saved').waitFor();
    const download = ann.page.waitForEvent('download');
    await ann.page.getByRole('link', { name: 'Download my data' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`parley-${ann.username}.json`);
    const data = JSON.parse(await readFile(await file.path(), 'utf8')) as {
      profile: { displayName: string; colour: string };
      conversations: { messages: { content: string }[] }[];
    };
    expect(data.profile).toMatchObject({ displayName: 'Ann of Arden', colour: 'sea' });
    expect(data.conversations.flatMap(({ messages }) => messages.map(({ content }) => content))).toEqual(['keep this']);

    await ann.page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = ann.page.getByRole('dialog', { name: 'Delete account' });
    const yes = dialog.getByRole('button', { name: 'Delete account' });
    await dialog.getByLabel('Current password').fill('not my password');
    await dialog.getByLabel(`Type ${ann.username} to go on`).fill('somebody else');
    expect(await yes.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${ann.username} to go on`).fill(ann.username);
    await yes.click();
    await dialog.getByText('Wrong username or password.').waitFor();
    await dialog.getByLabel('Current password').fill(PASSWORD);
    await yes.click();
    await ann.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(ann.page, ann.username);
    await ann.page.getByText('Wrong username or password.').waitFor();
  });
});
