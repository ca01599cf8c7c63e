import type { Inbox } from '@parley/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { call, login } from '../world/http.js';
import { startServer } from '../world/server.js';
import { rowCounts, run, withFolder, type Ran } from './tool.js';

const DEMO = ['--messages', '200'];
const DAY_MS = 86_400_000;
const created = ({ out }: Ran) => Number(/^messages: (\d+) created$/m.exec(out)?.[1] ?? 0);

/** The inbox of whom the demo says to sign in as. */
async function inboxAt(url: string): Promise<Inbox> {
  const { token } = await login(url, 'mara.lindt');
  const answer = await call<Inbox>(url, 'GET', '/inbox?limit=100', { token });
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

test('demo fills a store at rest with weeks of talk, partly unread, and does nothing the second time', async () => {
  const server = await startServer();
  onTestFinished(() => server.remove());
  await server.stop();
  const first = await run('demo', server.dataDir, DEMO);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toMatch(/^messages (\d+)\/\1$/m);
  expect(first.out).toContain('mara.lindt   password: correct horse battery');
  const counts = await rowCounts(server.dataDir);
  expect(created(first)).toBeGreaterThanOrEqual(200);
  expect(counts).toMatchObject({ accounts: 18, conversations: 24 });
  expect(created(await run('demo', server.dataDir, DEMO))).toBe(0);
  expect(await rowCounts(server.dataDir)).toEqual(counts);

  await server.restart();
  const { chats, groups } = await inboxAt(server.addresses.http);
  const all = [...chats, ...groups];
  expect(all.reduce((sum, { unread }) => sum + unread, 0)).toBeGreaterThan(0);
  expect(all.filter(({ unread }) => unread === 0).length).toBeGreaterThan(10);
  const agoDays = all.map(({ lastMessage }) => (Date.now() - (lastMessage?.createdAt ?? 0)) / DAY_MS);
  expect(Math.min(...agoDays)).toBeGreaterThan(0);
  expect(Math.max(...agoDays)).toBeGreaterThan(3);
});

test('demo fills a running server too, and says that all is of now', async () => {
  const server = await startServer();
  onTestFinished(() => server.remove());
  await withFolder(async (folder) => {
    const ran = await run('demo', folder, [...DEMO, '--url', server.addresses.http]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('Messages get the time of now');
    expect((await inboxAt(server.addresses.http)).groups.map(({ name }) => name)).toContain('Number 14');
  });
});
