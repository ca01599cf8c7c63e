import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { overflow } from './readable.js';

/** The page is free of what axe finds, and nothing is cut off. */
export async function isAccessible(page: Page): Promise<void> {
  // By the tool of the browser's makers: the page's own rules would not let a script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const found = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  expect(violations).toEqual([]);
  expect(await overflow(page)).toBe(0);
}
