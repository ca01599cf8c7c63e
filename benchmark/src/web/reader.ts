import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { needChromium } from '../../../backing/dist/chromium.js';
import type { Person } from '../runner/people.js';

const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const WINDOW = { width: 1_280, height: 800 };
const LONG_MS = 30_000;

/** A Chromium of its own for a run. */
export async function openBrowser(): Promise<Browser> {
  // Chromium's sandbox refuses root, as which containers run.
  return chromium.launch({ executablePath: await needChromium(), headless: true, chromiumSandbox: false, args: FLAGS });
}

/** Somebody who is signed in, in a browser profile that has never been here. */
export class Reader {
  readonly page: Page;
  readonly #cdp: CDPSession;

  private constructor(page: Page, cdp: CDPSession) {
    this.page = page;
    this.#cdp = cdp;
  }

  /** `slower`: how many times slower than this machine the browser computes. */
  static async open(browser: Browser, url: string, { username, token }: Person, slower: number): Promise<Reader> {
    const context = await browser.newContext({ viewport: WINDOW });
    await context.addCookies([{ name: 'parley_session', value: token, url, httpOnly: true, sameSite: 'Strict' }]);
    await context.addInitScript((name) => localStorage.setItem('parley-user', name), username);
    const page = await context.newPage();
    page.setDefaultTimeout(LONG_MS);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    const reader = new Reader(page, cdp);
    await reader.slowDown(slower);
    return reader;
  }

  async slowDown(rate: number): Promise<void> {
    await this.#cdp.send('Emulation.setCPUThrottlingRate', { rate });
  }

  /** Loads the page; gives the milliseconds from the start of the navigation until the list is painted. */
  async load(url: string): Promise<number> {
    await this.page.addInitScript(() => {
      const seen = new MutationObserver(() => {
        if (document.querySelector('.list .row') === null) return;
        seen.disconnect();
        requestAnimationFrame(() => setTimeout(() => (document.documentElement.dataset['listAt'] = String(performance.now()))));
      });
      seen.observe(document, { childList: true, subtree: true });
    });
    await this.page.goto(url);
    const at = await this.page.waitForFunction(() => document.documentElement.dataset['listAt']);
    return Number(await at.jsonValue());
  }

  /** Compressed bytes of all scripts that have come so far. */
  scriptBytes(): Promise<number> {
    return this.page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith('.js'))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    );
  }

  /** Moves to the next conversation by the keyboard; gives the milliseconds from the key until its messages are painted. */
  async openNext(key: 'ArrowDown' | 'ArrowUp'): Promise<number> {
    await this.page.evaluate(() => {
      const before = document.querySelector('.conversation h1')?.textContent;
      delete document.documentElement.dataset['openedMs'];
      addEventListener(
        'keydown',
        ({ timeStamp }) => {
          const look = () => {
            const title = document.querySelector('.conversation h1')?.textContent;
            const isThere = title !== before && document.querySelector('[role=log] .message') !== null;
            if (!isThere) return void requestAnimationFrame(look);
            // This frame is painted before the timer runs.
            setTimeout(() => (document.documentElement.dataset['openedMs'] = String(performance.now() - timeStamp)));
          };
          requestAnimationFrame(look);
        },
        { capture: true, once: true },
      );
    });
    await this.page.keyboard.press(`Alt+${key}`);
    const ms = await this.page.waitForFunction(() => document.documentElement.dataset['openedMs']);
    return Number(await ms.jsonValue());
  }

  /** Bytes of what lives on the heap, after collecting what does not. */
  async heapBytes(): Promise<number> {
    await this.#cdp.send('HeapProfiler.collectGarbage');
    return this.#metric('JSHeapUsedSize');
  }

  domNodes(): Promise<number> {
    return this.page.evaluate(() => document.querySelectorAll('*').length);
  }

  /** Seconds that scripts have run since the page was opened. */
  scriptSeconds(): Promise<number> {
    return this.#metric('ScriptDuration');
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  async #metric(name: string): Promise<number> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  }
}
