import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type RunningServer } from '../world/server.js';

const TERMINAL = join(import.meta.dirname, '../../client/dist/terminal');

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ PRESENCE_GRACE_S: '1' });
});
afterAll(() => server.remove());

/** Runs a client as a process, with these lines as its input: its exit code, and what it printed. */
async function run(name: string, args: string[] = [], input: string[] = [], url = server.addresses.http) {
  const child = spawn(process.execPath, [join(TERMINAL, `${name}.js`), '--url', url, ...args]);
  let printed = '';
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
  child.stderr.on('data', (data: Buffer) => (printed += data.toString()));
  child.stdin.end(input.map((line) => `${line}\n`).join(''));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, printed };
}

const as = (user: string) => ['--user', user, '--password', 'correct horse battery', '--register'];

describe('the terminal clients', () => {
  test('npm run test-client: a whole conversation, exit 0', async () => {
    const { code, printed } = await run('test-client');
    expect(printed).toContain('5 steps passed, 0 failed');
    expect(code).toBe(0);
  });

  test('npm run group-test-client -- --auto: everybody shows everything, once, in one order', async () => {
    const { code, printed } = await run('group-test-client', ['--auto', '--users', '3', '--messages', '10']);
    expect(printed).toContain('everybody shows all 30');
    expect(code).toBe(0);
  });

  test('npm run presence-test-client -- --auto: coming, going and hiding', async () => {
    const { code, printed } = await run('presence-test-client', ['--auto']);
    expect(printed).toContain('5 steps passed, 0 failed');
    expect(code).toBe(0);
  });

  test('without a server each says so, and exits with 1', async () => {
    const { code, printed } = await run('test-client', [], [], 'http://127.0.0.1:1');
    expect(printed).toContain('npm start');
    expect(code).toBe(1);
  });

  test('npm run client, piped: Ann writes, Bob finds it, and nothing in it drives his terminal', async () => {
    expect((await run('client', as('bob'))).code).toBe(0);
    const ann = await run('client', as('ann'), [
      '/to bob hello \u001b[31m red',
      '/create Climbing bob',
      'who is in?',
      '/members',
    ]);
    expect(ann.printed).toContain('bob, read up to');
    expect(ann.code).toBe(0);
    const bob = await run('client', as('bob'), ['/chats', '/open ann', 'hi', '/open Climbing', '/edit 1 no']);
    expect(bob.printed).toContain('hello \\u001b[31m red');
    expect(bob.printed).not.toContain('\u001b');
    expect(bob.printed).toContain('who is in?');
    // The last line asked for a message that is not there.
    expect(bob.code).toBe(1);
  });
});
