import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browsing, inBrowser } from '../world/browser.js';
import { past } from '../world/history.js';
import { Person } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';
import { begin, enter, LAPTOP, listed, newcomer, PHONE, say, shows } from '../world/web.js';

const MESSAGES = 100_000;
const CHATS = 5_000;
/** What a page may have of elements, whatever there is to show. */
const ELEMENTS_MAX = 1_500;

inBrowser('a timeline at the web client', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  let [ann, bob, carol] = [] as unknown as [Person, Person, Person];
  beforeAll(async () => {
    server = await startServer();
    [ann, bob, carol] = (await Promise.all(['ann', 'bob', 'carol'].map((name) => Person.register(server, name)))) as [
      Person,
      Person,
      Person,
    ];
    const idOf = async ({ api }: Person) => (await api.me()).userId;
    await past(server, {
      long: { between: [await idOf(ann), await idOf(bob)], messages: MESSAGES },
      many: { userId: await idOf(carol), chats: CHATS },
    });
    base = server.addresses.http;
  }, 60_000);
  afterAll(() => server.remove());

  async function at({ username }: Person, path: string, options = LAPTOP): Promise<Page> {
    const page = await (await browser.profile(options)).tab(`${base}/sign-in`);
    await enter(page, base, username, 'login');
    await page.goto(base + path);
    return page;
  }

  const elements = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);
  const wheel = async (page: Page, px: number) => {
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, px);
  };
  /** The numbers of the messages that are in sight. */
  const inSight = (page: Page) =>
    page.getByRole('log').evaluate((log) => {
      const { top, bottom } = log.getBoundingClientRect();
      return [...log.querySelectorAll('.formatted')]
        .filter((each) => each.getBoundingClientRect().top >= top && each.getBoundingClientRect().bottom <= bottom)
        .map((each) => Number(each.textContent));
    });
  const sees = (page: Page, number: number) =>
    until(`message ${number} is in sight`, async () => (await inSight(page)).includes(number));

  test('100,000 messages: the page stays small, nothing jumps, and older ones come before one gets there', async () => {
    const page = await at(ann, `/c/${bob.username}`);
    // Unread from the first one on, so it begins there, at the line above what is new.
    await page.getByText('This is the beginning').waitFor();
    await page.getByRole('separator').getByText('New').waitFor();
    await page.getByRole('button', { name: /^[\d,]+ new messages/ }).click();
    await sees(page, MESSAGES);
    let [above = 0] = await inSight(page);
    for (let turn = 0; turn < 25; turn++) {
      await wheel(page, -1_500);
      await until('it moved up without a hole', async () => {
        const numbers = await inSight(page);
        const [first = Infinity] = numbers;
        if (numbers.length < 5 || first >= above) return false;
        expect(numbers).toEqual(numbers.map((_, index) => first + index));
        above = first;
        return true;
      });
      expect(await elements(page)).toBeLessThan(ELEMENTS_MAX);
    }
    expect(above).toBeLessThan(MESSAGES - 300);
    await page.getByRole('button', { name: 'Jump to newest' }).click();
    await sees(page, MESSAGES);
  });

  test('a link to a message far back leads there, and one reads on from it in both directions', async () => {
    const page = await at(ann, `/c/${bob.username}#500`);
    await sees(page, 500);
    await page.locator('.message[data-target=true]').getByText('500', { exact: true }).waitFor();
    for (const [px, reached] of [
      [-1_200, 440],
      [1_200, 620],
    ] as const) {
      await until(`message ${reached} is reached`, async () => {
        const numbers = await inSight(page);
        const [first = 0] = numbers;
        expect(numbers).toEqual(numbers.map((_, index) => first + index));
        if (px < 0 ? first <= reached : first >= reached) return true;
        await wheel(page, px);
        return false;
      });
    }
    // Another link, while it is open.
    await page.evaluate(() => (location.hash = '#90000'));
    await sees(page, 90_000);
    await page.getByRole('button', { name: 'Jump to newest' }).click();
    await sees(page, MESSAGES);
  });

  test('a link is copied, and leads another person to the message; what comes meanwhile is counted', async () => {
    const page = await at(bob, `/c/${ann.username}#99990`);
    await sees(page, 99_990);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const row = page.locator('.message', { hasText: '99990' });
    await row.hover();
    await row.getByRole('button', { name: 'Actions for this message' }).click();
    await page.getByRole('menuitem', { name: 'Copy link' }).click();
    await page.getByText('Copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(`${base}/c/${ann.username}#99990`);
    for (let turn = 0; turn < 3; turn++) await wheel(page, -900);
    await ann.api.startChat(bob.username);
    const device = await ann.device();
    await device.sendTo(bob.username, 'one more').sent;
    await page.getByRole('button', { name: /^\d[\d,]* new message/ }).click();
    await page.getByRole('log').getByText('one more').waitFor();
    await page.getByRole('button', { name: /new message/ }).waitFor({ state: 'detached' });
    await ann.leave();
  });

  test('5,000 conversations: the list stays small, is found in, and can be scrolled to its end', async () => {
    const page = await at(carol, '/');
    await page.locator('.list').getByText('friend-05000', { exact: true }).waitFor();
    await until('all are there', async () => (await page.title()).startsWith('(99+)'));
    expect(await elements(page)).toBeLessThan(ELEMENTS_MAX);
    await page.getByRole('searchbox').fill('friend-0123');
    await page.locator('.list').getByText('friend-01234', { exact: true }).waitFor();
    await until('they are those alone', async () => (await listed(page)).every((title) => title.startsWith('friend-0123')));
    await page.getByRole('searchbox').fill('');
    await until('the first friend is in sight', async () => {
      await page.locator('.list .rows').evaluate((rows) => rows.scrollTo(0, rows.scrollHeight));
      return (await listed(page)).includes('friend-00001');
    });
    expect(await elements(page)).toBeLessThan(ELEMENTS_MAX);
  });

  test('what was refused stays, and is sent at a click once it can be', async () => {
    const [eve, dan] = [await newcomer(browser, base, 'eve'), await Person.register(server, 'dan')];
    await dan.api.block(eve.username);
    await eve.page.goto(`${base}/c/${dan.username}`);
    await say(eve.page, 'let me in');
    await eve.page.getByText('Not sent').waitFor();
    await dan.api.unblock(eve.username);
    await eve.page.getByRole('button', { name: 'Try again' }).click();
    await eve.page.getByRole('img', { name: 'Sent', exact: true }).waitFor();
    await shows(eve.page, ['let me in']);
    // Where there is a conversation already, too.
    await dan.api.block(eve.username);
    await eve.page.getByText('one of you has blocked the other').waitFor();
    await dan.api.unblock(eve.username);
    await say(eve.page, 'again');
    await shows(eve.page, ['let me in', 'again']);
  });

  test('emoji by name, by keys and from the picker', async () => {
    const [eve, dan] = [await newcomer(browser, base, 'eve', PHONE), await newcomer(browser, base, 'dan')];
    await begin(dan.page, eve.username);
    const field = dan.page.locator('#composer');
    await field.pressSequentially('Great :thum');
    const offer = dan.page.getByRole('listbox', { name: 'Emoji' });
    await offer.getByRole('option', { name: ':thumbsup:' }).waitFor();
    await field.press('ArrowDown');
    expect(await offer.getByRole('option', { selected: true }).textContent()).toContain('thumbsdown');
    await field.press('ArrowUp');
    await field.press('Enter');
    await field.pressSequentially('and :tada:');
    await until('it is an emoji', async () => (await field.inputValue()) === 'Great 👍 and 🎉');
    await dan.page.getByRole('button', { name: 'Emoji' }).click();
    await dan.page.getByPlaceholder('Find an emoji').fill('rocket');
    await dan.page.getByRole('button', { name: 'rocket' }).waitFor();
    await dan.page.keyboard.press('ArrowDown');
    await dan.page.keyboard.press('Enter');
    await field.press('Enter');
    await shows(dan.page, ['Great 👍 and 🎉🚀']);
    await eve.page.getByText('Great 👍 and 🎉🚀').waitFor();
  });
});
