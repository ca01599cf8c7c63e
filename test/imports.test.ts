import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SERVER = join(ROOT, 'server/src');

/** Who may import whom inside the server; each may also import its own folder and `@parley/protocol`. */
const ALLOWED: Record<string, string[]> = {
  ports: [],
  chat: ['ports'],
  edge: ['ports', 'chat'],
  worker: ['ports', 'chat'],
  sql: ['ports'],
  embedded: ['ports', 'sql'],
  cluster: ['ports', 'sql'],
  host: ['ports'],
};
/** What these may take from outside: nothing but the protocol and pure structures. */
const PURE = new Map([
  ['ports', ['@parley/protocol']],
  ['chat', ['@parley/protocol', 'lru-cache']],
]);
const GLOBALS =
  /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|performance\.now|crypto\.random\w+)\b/;

async function sources(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(file)).map((file) => join(folder, file));
}

async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

const folderOf = (file: string) => relative(SERVER, file).split('/')[0] ?? '';

describe('who may import whom', () => {
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    test(`server/src/${folder} imports only ${['protocol', folder, ...allowed].join(', ')}`, async () => {
      const wrong: string[] = [];
      for (const file of await sources(join(SERVER, folder))) {
        for (const name of await importsOf(file)) {
          if (name.startsWith('.')) {
            const target = folderOf(normalize(join(dirname(file), name)));
            if (target !== folder && !allowed.includes(target)) wrong.push(`${relative(ROOT, file)} → ${name}`);
          } else if (!(PURE.get(folder)?.includes(name) ?? true)) {
            wrong.push(`${relative(ROOT, file)} → ${name}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  }

  for (const folder of ['chat', 'edge', 'worker']) {
    test(`server/src/${folder} takes time and randomness from the runtime only`, async () => {
      const wrong: string[] = [];
      for (const file of await sources(join(SERVER, folder))) {
        const lines = (await readFile(file, 'utf8')).split('\n');
        for (const [i, line] of lines.entries())
          if (GLOBALS.test(line)) wrong.push(`${relative(ROOT, file)}:${i + 1} ${line.trim()}`);
      }
      expect(wrong).toEqual([]);
    });
  }

  test('the SDK stays free of the server and, for browsers, of zod', async () => {
    const wrong: string[] = [];
    for (const file of await sources(join(ROOT, 'client/src'))) {
      const text = await readFile(file, 'utf8');
      for (const match of text.matchAll(/^import (?!type)[^;]*?from '(@parley\/server[^']*|@parley\/protocol|zod)'/gms)) {
        wrong.push(`${relative(ROOT, file)} → ${match[1] ?? ''}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
