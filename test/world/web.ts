import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Browsing, ProfileOptions } from './browser.js';
import { PASSWORD } from './people.js';
import { overflow } from './readable.js';
import { until } from './until.js';

/* People at the web client, as they are seen and heard there. */

export const LAPTOP = { width: 1440, height: 900, dark: false };
export const PHONE = { width: 390, height: 844, dark: true };
export const VIEWS = [
  ['on a phone', PHONE],
  ['on a laptop', LAPTOP],
] as const;
/** The browser's own words for a server that is away on purpose, and for a session that was ended. */
export const AWAY = /WebSocket connection|ERR_CONNECTION|ERR_ABORTED|Failed to load resource|Failed to fetch/;

let people = 0;

/** Somebody at one device. */
export interface AtTheWeb {
  username: string;
  page: Page;
}

/** Somebody new, signed in. Their account is made past the page: signing up is a story of its own. */
export async function newcomer(
  browser: Browsing,
  base: string,
  name: string,
  options: ProfileOptions = LAPTOP,
): Promise<AtTheWeb> {
  const username = `${name}-${++people}`;
  const page = await (await browser.profile(options)).tab(`${base}/sign-in`);
  await enter(page, base, username, 'register');
  await page.goto(base);
  // Said once the server has said that there are none.
  await page.getByText('No conversations yet').waitFor();
  return { username, page };
}

/** Takes the session of somebody into this browser. */
export async function enter(page: Page, base: string, username: string, how: 'login' | 'register'): Promise<void> {
  const data = { username, password: PASSWORD, cookie: true };
  const answer = await page.request.post(`${base}/auth/${how}`, { data, headers: { origin: base } });
  if (!answer.ok()) throw new Error(`${how}: ${await answer.text()}`);
  await page.evaluate((me) => localStorage.setItem('parley-user', me), username);
}

/** Signs in by the form. */
export async function signIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Finds somebody and opens the conversation with them. */
export async function begin(page: Page, username: string): Promise<void> {
  await page.getByRole('searchbox').fill(username);
  await page.getByRole('region', { name: 'People' }).getByText(username).waitFor();
  await page.getByRole('searchbox').press('Enter');
  await page.getByRole('heading', { level: 1, name: username }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator('#composer').fill(text);
  await page.locator('#composer').press('Enter');
}

export const shown = (page: Page) => page.getByRole('log').locator('.formatted').allTextContents();

/** Waits until the page shows these messages, and no others. */
export async function shows(page: Page, texts: string[]): Promise<void> {
  await until('it is shown', async () => {
    expect(await shown(page)).toEqual(texts);
    return true;
  });
}

/** The conversations that the list shows, from the top. */
export const listed = (page: Page) => page.locator('.list .row .title').allTextContents();

/** Waits until the list shows these conversations. */
export async function lists(page: Page, titles: string[]): Promise<void> {
  await until('the list is so', async () => {
    expect(await listed(page)).toEqual(titles);
    return true;
  });
}

/** Waits until the title of the page is so. */
export async function titled(page: Page, title: RegExp): Promise<void> {
  await until('the title is so', async () => {
    expect(await page.title()).toMatch(title);
    return true;
  });
}

/** Nothing that axe knows of is wrong, and nothing is cut off. */
export async function isAccessible(page: Page, rules: Record<string, { enabled: boolean }> = {}): Promise<void> {
  // By the tool of the browser's makers: the page's own rules would not let a script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (more) => {
    const found = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { rules: more });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }, rules);
  expect(violations).toEqual([]);
  expect(await overflow(page)).toBe(0);
}
