import type { TestProject } from 'vitest/node';
import { needChromium } from '../../backing/src/chromium.js';
import { servicesMode } from './wanted.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of a Chromium; null: this run has none, and what needs it is skipped. */
    chromium: string | null;
  }
}

/** Finds or installs the browser of this run. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', await chromium());
}

async function chromium(): Promise<string | null> {
  const mode = servicesMode();
  if (mode === 'off') return without('PARLEY_SERVICES is off');
  try {
    return await needChromium();
  } catch (error) {
    if (mode === 'required') throw error;
    return without((error as Error).message);
  }
}

function without(why: string): null {
  process.stdout.write(`Without Chromium: the tests in a browser are skipped. ${why}\n`);
  return null;
}
