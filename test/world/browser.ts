import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const WAIT_MAX_MS = 10_000;

/**
 * Tests in a real Chromium. Skipped only where none can be had and none is required: `test/world/chromium.ts` has said why
 * by then, and in CI, which requires one, it has failed the run.
 */
export function inBrowser(name: string, tell: () => void): void {
  describe.skipIf(inject('chromium') === null)(`${name}`, () => {
    tell();
  });
}

export interface ProfileOptions {
  /** By default that of a desktop: 1440 pixels. */
  width?: number;
  height?: number;
  dark?: boolean;
  /** Complaints that belong to the test, such as the browser's own about a connection that is cut on purpose. */
  tolerates?: RegExp;
}

/** Somebody's browser: its tabs share what they keep, as the windows of one person do. */
export interface Profile {
  /** Opens a tab on a page. */
  tab(url: string): Promise<Page>;
}

export interface Browsing {
  profile(options?: ProfileOptions): Promise<Profile>;
}

/**
 * One browser for the tests of a file. Profiles are closed after each test, and the test fails if one of their pages
 * complained: an error on the console, an exception that nobody caught, a violation of its CSP, a file that did not load.
 */
export function browsing(): Browsing {
  let browser: Browser | null = null;
  let complaints: string[] = [];
  let contexts: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await launch(inject('chromium') ?? '');
  });
  afterEach(async () => {
    const [ended, heard] = [contexts, complaints];
    contexts = [];
    complaints = [];
    await Promise.all(ended.map((context) => context.close()));
    expect(heard, 'complaints of the pages').toEqual([]);
  });
  afterAll(() => browser?.close());
  return {
    async profile({ width = 1440, height = 900, dark = false, tolerates } = {}) {
      if (browser === null) throw new Error('the browser starts with the first test');
      const colorScheme = dark ? 'dark' : 'light';
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
      // Shorter than a test: what was waited for is then in its failure.
      context.setDefaultTimeout(WAIT_MAX_MS);
      contexts.push(context);
      const complain = (text: string) => tolerates?.test(text) !== true && complaints.push(text);
      context.on('console', (said) => said.type() === 'error' && complain(`${said.text()} at ${said.location().url}`));
      context.on('weberror', (thrown) => complain(String(thrown.error())));
      context.on('requestfailed', (failed) => {
        const why = failed.failure()?.errorText ?? 'failed';
        // A page that is left gives up what it was still loading.
        if (why !== 'net::ERR_ABORTED') complain(`${failed.url()}: ${why}`);
      });
      return {
        tab: async (url) => {
          const page = await context.newPage();
          await page.goto(url);
          return page;
        },
      };
    },
  };
}

function launch(executablePath: string): Promise<Browser> {
  // Chromium's sandbox refuses root, as which containers run.
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: FLAGS });
}
