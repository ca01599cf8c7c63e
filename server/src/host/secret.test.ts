import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptSecret } from './secret.js';

const folder = () => join(mkdtempSync(join(tmpdir(), 'parley-secret-')), 'data');

test('is made once, for the owner only, and is the same ever after', () => {
  const dataDir = folder();
  const secret = keptSecret(dataDir);
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(keptSecret(dataDir)).toBe(secret);
  expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir)).toEqual(['jwt-secret']);
});

test('two folders, two secrets', () => {
  expect(keptSecret(folder())).not.toBe(keptSecret(folder()));
});

test('a file that holds none is refused, and left alone', () => {
  const dataDir = folder();
  keptSecret(dataDir);
  writeFileSync(join(dataDir, 'jwt-secret'), 'short\n');
  expect(() => keptSecret(dataDir)).toThrow(/delete it/);
  expect(readFileSync(join(dataDir, 'jwt-secret'), 'utf8')).toBe('short\n');
});
