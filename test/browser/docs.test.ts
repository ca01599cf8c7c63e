import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsing, inBrowser } from '../world/browser.js';
import { hardToRead, overflow } from '../world/readable.js';
import { PASSWORD } from '../world/people.js';
import { startServer, type RunningServer } from '../world/server.js';

const VIEWS = [
  ['on a phone, dark', { width: 390, height: 844, dark: true }],
  ['on a desktop, light', { width: 1440, height: 900, dark: false }],
] as const;

interface OpenApi {
  paths: Record<string, Record<string, { summary: string }>>;
}

// That nothing is complained of (errors, CSP) is told of every page: see `browsing`.
inBrowser('the API pages', () => {
  const browser = browsing();
  let server: RunningServer;
  let base: string;
  beforeAll(async () => {
    server = await startServer();
    base = server.addresses.http;
  });
  afterAll(() => server.remove());

  describe.each(VIEWS)('%s', (_name, view) => {
    const open = async (path: string) => (await browser.profile(view)).tab(base + path);

    test('/docs lists every operation, one of which is opened, tried out and answered, and is readable', async () => {
      const page = await open('/docs');
      expect(await listed(page)).toEqual((await operations()).sort());
      expect(await hardToRead(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await page.locator('.opblock-summary', { hasText: 'Create an account' }).click();
      await page.locator('textarea').fill(JSON.stringify({ username: `ann-${view.width}`, password: PASSWORD }));
      await page.getByRole('button', { name: 'Execute' }).click();
      await page.locator('.live-responses-table .response-col_status', { hasText: '201' }).waitFor();
      expect(await hardToRead(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
    });

    test('/docs/async is readable', async () => {
      const page = await open('/docs/async');
      const summaries = await page.locator('summary').all();
      expect(summaries.length).toBeGreaterThan(20);
      for (const summary of summaries) await summary.click();
      expect(await hardToRead(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
    });
  });

  test('/docs follows when the system turns dark', async () => {
    const page = await (await browser.profile()).tab(`${base}/docs`);
    await page.locator('.opblock').first().waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html.dark-mode').waitFor();
    expect(await hardToRead(page)).toEqual([]);
  });

  async function operations(): Promise<string[]> {
    const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as OpenApi;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => `${method.toUpperCase()} ${path} ${summary}`),
    );
  }
});

async function listed(page: Page): Promise<string[]> {
  await page.locator('.opblock').first().waitFor();
  const rows = await page.locator('.opblock-summary').evaluateAll((all) =>
    all.map((row) => {
      const text = (part: string) => (row.querySelector(part)?.textContent ?? '').replaceAll('\u200b', '');
      return [text('.opblock-summary-method'), text('.opblock-summary-path'), text('.opblock-summary-description')].join(' ');
    }),
  );
  return rows.sort();
}
