import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { chatCommands, chatEvents, CLOSE_CODES, ERROR_CODES, http, presenceCommands, presenceEvents } from '@parley/protocol';
import { SETTINGS } from '@parley/server';

const ROOT = join(import.meta.dirname, '..');
const SKIPPED = new Set(['node_modules', 'dist', 'data', '.services', 'results', '.git', '.tsbuild']);

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Every file of this name or ending, wherever it is kept. */
async function files(matches: (name: string) => boolean, folder = ROOT): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...(await files(matches, path)));
    else if (entry.isFile() && matches(entry.name)) found.push(path);
  }
  return found;
}

const withoutCode = (markdown: string) =>
  markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]]/g, ''));

/** The anchors that GitHub makes of headings. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const text = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = text
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

describe('links', async () => {
  const pages = await files((name) => name.endsWith('.md'));
  test.each(pages.map((page) => [relative(ROOT, page), page]))('in %s lead somewhere', async (_name, page) => {
    const markdown = await readFile(page, 'utf8');
    const broken: string[] = [];
    for (const [, link = ''] of withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!(await exists(target))) broken.push(link);
      else if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(await readFile(target, 'utf8')).has(anchor))
        broken.push(link);
    }
    expect(broken).toEqual([]);
  });
});

describe('settings', () => {
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '').sort();
  const settings = Object.entries(SETTINGS).map(([name, { byDefault }]) => `${name}=${byDefault}`);

  test('.env.example has each, with its default', async () => {
    expect(names(await read('.env.example'), /^# ([A-Z][A-Z0-9_]*=.*)$/gm)).toEqual(settings.toSorted());
  });

  test('docs/operations.md has each, with its default', async () => {
    const rows = [...(await read('docs/operations.md')).matchAll(/^\| `([A-Z][A-Z0-9_]*)` \| (?:`([^`]*)`)? ?\|/gm)];
    expect(rows.map(([, name = '', byDefault = '']) => `${name}=${byDefault}`).sort()).toEqual(settings.toSorted());
  });
});

test('README has every script, and no other', async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  const named = new Set([...(await read('README.md')).matchAll(/npm (?:run )?([a-z][a-z:-]*)/g)].map((match) => match[1] ?? ''));
  for (const builtIn of ['ci', 'run']) named.delete(builtIn);
  const hooks = Object.keys(scripts).filter((name) => /^(pre|post)/.test(name) && name.replace(/^(pre|post)/, '') in scripts);
  expect([...named].sort()).toEqual(
    Object.keys(scripts)
      .filter((name) => !hooks.includes(name))
      .sort(),
  );
});

describe('PROTOCOL.md', () => {
  const unions: [string, readonly z.ZodType[]][] = [
    ['Chat socket: client → server', chatCommands],
    ['Chat socket: server → client', chatEvents],
    ['Presence socket: client → server', presenceCommands],
    ['Presence socket: server → client', presenceEvents],
  ];
  for (const [title, schemas] of unions) {
    test(`${title}: each frame with examples that are valid, and no other`, async () => {
      const [, section = ''] = (await read('protocol/PROTOCOL.md')).split(`\n## ${title}\n`);
      const frames = (section.split('\n## ')[0] ?? '')
        .split('\n### ')
        .slice(1)
        .map((text) => [text.slice(0, text.indexOf('\n')), text] as const);
      expect(frames.map(([type]) => type).sort()).toEqual(schemas.map((schema) => String(schema.meta()?.title)).sort());
      for (const [type, text] of frames) {
        const schema = schemas.find((candidate) => candidate.meta()?.title === type);
        const examples = [...text.matchAll(/^```json\n(.*?)^```/gms)].map((match) => match[1] ?? '');
        expect(examples.length, `examples of ${type}`).toBeGreaterThan(0);
        for (const example of examples)
          expect(schema?.safeParse(JSON.parse(example)).error?.issues, `example of ${type}`).toBeUndefined();
      }
    });
  }

  test('each error code as it is, and no other', async () => {
    const rows = [...(await read('protocol/PROTOCOL.md')).matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (yes|no) \|/gm)];
    const documented = rows.map(([, code, status, retryable]) => ({
      code,
      status: Number(status),
      retryable: retryable === 'yes',
    }));
    expect(documented).toEqual(Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => ({ code, status, retryable })));
  });

  test('each close code, and no other', async () => {
    const rows = [...(await read('protocol/PROTOCOL.md')).matchAll(/^\| (4\d{3}) \| `([a-z_]+)` \|/gm)];
    expect(rows.map(([, code, name]) => [name, Number(code)])).toEqual(
      Object.entries(CLOSE_CODES).map(([name, { code }]) => [name, code]),
    );
  });

  test('the HTTP error is valid', async () => {
    const [example = ''] = /^\{ "error".*$/m.exec(await read('protocol/PROTOCOL.md')) ?? [];
    expect(http.ErrorBody.safeParse(JSON.parse(example)).success).toBe(true);
  });

  test('rules are numbered without a hole, each once', async () => {
    const numbers = [...(await read('protocol/PROTOCOL.md')).matchAll(/^- \*\*W(\d+)\*\* /gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

test('docs/decisions.md has each dependency, and no other', async () => {
  const wanted = new Set<string>();
  for (const path of await files((name) => name === 'package.json')) {
    const { dependencies, devDependencies } = JSON.parse(await readFile(path, 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) wanted.add(name);
  }
  const documented = new Set(
    [...(await read('docs/decisions.md')).matchAll(/\*\*`([^`]+)`\*\*/g)].map((match) => match[1] ?? ''),
  );
  expect([...documented].sort()).toEqual([...wanted].sort());
});

test('nothing names what is not of this project', async () => {
  const strangers: string[] = [];
  for (const page of await files((name) => name.endsWith('.md'))) {
    const text = await readFile(page, 'utf8');
    for (const [word] of text.matchAll(/\/work\/|\/home\/|localhost:\d+\/(?:simple|npm)/g))
      strangers.push(`${relative(ROOT, page)}: ${word}`);
  }
  expect(strangers).toEqual([]);
});
