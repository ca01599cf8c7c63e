import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports } from './kinds.js';

/** Where a service that is started here comes from. */
export type Source = 'docker' | 'local';

/** What is kept of a service from run to run, so that it comes back with its data and address. */
export interface Record {
  source: Source;
  ports: Ports;
  /** What it was when somebody last looked after it: told to be up, or stopped. */
  up: boolean;
}

const FILE = 'service.json';

export function readRecord(folder: string): Record | null {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Record;
  } catch {
    return null; // none, or half of one
  }
}

export function writeRecord(folder: string, record: Record): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}
