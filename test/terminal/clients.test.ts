import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../world/http.js';
import { startServer, type RunningServer } from '../world/server.js';
import { maySkip } from '../world/wanted.js';
import { Program, run } from './program.js';

const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ PRESENCE_GRACE_S: '0' });
});
afterAll(() => server.remove());

const here = () => ['--url', server.addresses.http];
const as = (user: string, ...more: string[]) => [...here(), '--user', user, '--password', PASSWORD, '--register', ...more];

describe('npm run client, piped', () => {
  test('two processes talk, each seeing what the other says as it is said', async () => {
    const [ann, bob] = [Program.start('client', as('ann')), Program.start('client', as('bob'))];
    await Promise.all([ann.prints('you are ann'), bob.prints('you are bob')]);
    ann.type('/open bob', 'Hello, Bob!');
    await bob.prints('[ann: Hello, Bob!]');
    bob.type('/open ann', 'Hello, Ann!');
    await ann.prints('bob: Hello, Ann!');
    await bob.prints('✓✓ read');
    ann.type('/edit Hello, dear Bob!');
    await bob.prints('ann: Hello, dear Bob! (edited)');
    bob.type('/delete');
    await ann.prints('bob: (deleted)');
    expect((await Promise.all([ann.end(), bob.end()])).map(({ code }) => code)).toEqual([0, 0]);
  });

  test('the end of input waits until the server has everything', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    expect((await run('client', as('cleo'), ['/open ann', ...lines])).code).toBe(0);
    const { printed } = await run('client', as('ann'), ['/open cleo', '/history 50']);
    for (const line of lines) expect(printed).toContain(`cleo: ${line}`);
  });

  test('nothing that somebody writes drives the terminal of another', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e';
    await run('client', as('dan'));
    await run('client', as('eve'), ['/open dan', `look: ${evil}`]);
    const { printed } = await run('client', as('dan'), ['/chats', '/open eve', '/history']);
    expect(printed).toContain('look: \\u001b]0;owned\\u0007');
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  test('groups: made, joined by id, talked in, with roles, left', async () => {
    const fay = Program.start('client', as('fay'));
    const gus = Program.start('client', as('gus'));
    await Promise.all([fay.prints('you are fay'), gus.prints('you are gus')]);
    fay.type('/create "Sunday climbing"', '/id', '/seen');
    // `/seen` finds no message: when that is said, the id is there.
    await fay.prints('no such message');
    gus.type(`/join ${/^[0-9a-f-]{36}$/m.exec(fay.printed)?.[0]}`, 'may I come?');
    await fay.prints('gus joined');
    await fay.prints('gus: may I come?');
    fay.type('/role gus admin', '/rename Monday climbing', '/members');
    await fay.prints('gus (admin)');
    await gus.prints('fay named it Monday climbing');
    gus.type('/leave');
    await gus.prints('you are no longer in');
    await fay.prints('gus left');
    expect((await gus.end()).code).toBe(0);
    await fay.end();
  });

  test('presence, blocks, search and sessions', async () => {
    await run('client', as('hal'));
    const lines = ['/to hal hi', '/find ha', '/block hal', '/blocks', '/unblock hal', '/sessions', '/status'];
    const { code, printed } = await run('client', as('ivy'), lines);
    expect(printed.match(/^hal$/gm)).toHaveLength(2);
    expect(printed).toContain('this one, ');
    expect(printed).toContain('chat      live');
    expect(code).toBe(0);
  });

  test('whatever failed is said, and makes the exit code 1', async () => {
    const { code, printed } = await run('client', as('ivy'), ['nobody is open', '/open nobody.here', '/nonsense', '/edit 9']);
    expect(printed).toContain('! open a conversation first');
    expect(printed).toContain('! there is nobody and no group called nobody.here');
    expect(printed).toContain('! there is no /nonsense');
    expect(code).toBe(1);
  });

  test('D3 D4 a cut connection comes back by itself, and what was said meanwhile arrives once', async () => {
    await run('client', as('kim'));
    const lea = await run('client', as('lea'), ['/open kim', 'before', '/drop', 'while it is down', 'and again']);
    expect(lea).toMatchObject({ code: 0 });
    const { printed } = await run('client', as('kim'), ['/open lea']);
    expect(printed.match(/lea: while it is down/g)).toHaveLength(1);
    expect(printed.indexOf('before')).toBeLessThan(printed.indexOf('and again'));
  });

  test('a password is changed with both lines from the pipe; the old one holds no more', async () => {
    expect((await run('client', as('moe'), ['/passwd', PASSWORD, 'another password'])).code).toBe(0);
    const { code, printed } = await run('client', [...here(), '--user', 'moe', '--password', PASSWORD]);
    expect(printed).toContain('The username or the password is wrong.');
    expect(code).toBe(1);
  });

  test('without a name or a password it says what is missing', async () => {
    const { code, printed } = await run('client', here(), ['hello']);
    expect(printed).toContain('PARLEY_PASSWORD');
    expect(code).toBe(1);
  });
});

describe('npm run client, with a state folder', () => {
  test('D3 what is typed while there is no server is kept, and sent once at the next start', async () => {
    const state = await mkdtemp(join(tmpdir(), 'parley-state-'));
    const own = await startServer();
    try {
      const url = ['--url', own.addresses.http];
      const account = ['--user', 'ann', '--password', PASSWORD, '--register'];
      await run('client', [...url, '--user', 'bob', '--password', PASSWORD, '--register']);
      expect(await run('client', [...url, ...account, '--state', state, '--remember'])).toMatchObject({ code: 0 });
      await own.stop();
      const offline = await run('client', [...url, '--state', state, '--wait', '0'], ['/to bob from before']);
      expect(offline.printed).toContain('1 unsent: kept, and sent next time');
      expect(offline.code).toBe(1);
      await own.restart();
      expect(await run('client', [...url, '--state', state])).toMatchObject({ code: 0 });
      const bob = await run('client', [...url, '--user', 'bob', '--password', PASSWORD], ['/open ann']);
      expect(bob.printed.match(/ann: from before/g)).toHaveLength(1);
    } finally {
      await own.remove();
      await rm(state, { recursive: true, force: true });
    }
  });

  test('nothing secret is in it unless that was asked for, and then only its owner can read it', async () => {
    const state = await mkdtemp(join(tmpdir(), 'parley-state-'));
    const kept = () => readFile(join(state, 'session.json'));
    try {
      await run('client', as('noa', '--state', state));
      await expect(kept()).rejects.toMatchObject({ code: 'ENOENT' });
      await run('client', as('noa', '--state', state, '--remember'));
      expect((await stat(join(state, 'session.json'))).mode & 0o077).toBe(0);
      // Signing out takes it away.
      await run('client', [...here(), '--state', state], ['/logout']);
      await expect(kept()).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      await rm(state, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!hasScript && maySkip())('npm run client, on a terminal of 40 columns', () => {
  test('a password is not shown, a new name becomes an account, and a message is shown with its number', async () => {
    await run('client', as('pia'));
    const oli = Program.startOnTerminal('client', here(), 40);
    await oli.prints('Name: ');
    oli.type('oli');
    await oli.prints('Password: ');
    oli.type(PASSWORD);
    await oli.prints('The password again');
    oli.type(PASSWORD);
    await oli.prints('you are oli');
    oli.type('/open pia');
    await oli.prints('== pia ==');
    oli.type('hello');
    await oli.prints('you: hello ✓');
    oli.type('/quit');
    const { code, printed } = await oli.ended();
    expect(printed).not.toContain(PASSWORD.slice(0, 4));
    expect(code).toBe(0);
  });

  test('what arrives is printed above what is being typed, which stays', async () => {
    await run('client', as('ron'));
    const sue = Program.startOnTerminal('client', as('sue'), 40);
    await sue.prints('you are sue');
    sue.type('/open ron');
    await sue.prints('== ron ==');
    const typed = 'a line that is longer than the forty columns of this terminal';
    sue.key(typed);
    await sue.prints(typed);
    await run('client', as('ron'), ['/to sue interrupting']);
    await sue.prints('ron: interrupting');
    sue.key('\n');
    await sue.prints('you: a line that');
    sue.type('/quit');
    const { code, printed } = await sue.ended();
    // Up to the row where the prompt began; that and the rest is cleared, and drawn again below the message.
    // oxlint-disable-next-line no-control-regex -- this is what a terminal is told
    expect(printed).toMatch(/\u001b\[1A\r\u001b\[J.*interrupting\r?\n.*ron> a line that is longer/s);
    expect(code).toBe(0);
  });
});

describe('the scripted clients', () => {
  test('npm run test-client: a whole conversation, exit 0', async () => {
    const { code, printed } = await run('test-client', here());
    expect(printed).toContain('14 steps passed, 0 failed');
    expect(code).toBe(0);
  });

  test('npm run group-test-client -- --auto: everybody shows everything, once, in one order', async () => {
    const { code, printed } = await run('group-test-client', [...here(), '--auto', '--users', '3', '--messages', '10']);
    expect(printed).toContain('3 people, 60 messages, 120 times shown to somebody else');
    expect(code).toBe(0);
  });

  test('npm run group-test-client by hand: a person makes the people talk', async () => {
    const lines = ['hello', '2 me too', '/burst 3', '/drop 2', '/burst 3', '/people'];
    const { code, printed } = await run('group-test-client', [...here(), '--users', '3'], lines);
    expect(printed).toContain(': me too');
    expect(printed).toContain('20 messages were said');
    expect(printed.match(/✓ person/g)).toHaveLength(3);
    expect(code).toBe(0);
  });

  test('npm run presence-test-client -- --auto: coming, going and hiding', async () => {
    const { code, printed } = await run('presence-test-client', [...here(), '--auto']);
    expect(printed).toContain('8 steps passed, 0 failed');
    expect(code).toBe(0);
  });

  test('npm run presence-test-client: friends come and go before one’s eyes', async () => {
    await run('client', as('tom'));
    await run('client', as('uma'), ['/to tom hi']);
    const tom = Program.start('presence-test-client', as('tom'));
    await tom.prints('You are tom');
    const uma = Program.start('presence-test-client', as('uma'));
    await tom.prints('uma: online');
    uma.type('/away');
    await tom.prints('uma: away');
    uma.type('/back', '/invisible');
    await tom.prints('uma: offline');
    expect((await Promise.all([tom.end(), uma.end()])).map(({ code }) => code)).toEqual([0, 0]);
  });

  test('a step that fails is told once, ends the script, and makes the exit code 1', async () => {
    const strict = await startServer({ LIMIT_REGISTRATIONS_PER_HOUR: '1' });
    try {
      const { code, printed } = await run('test-client', ['--url', strict.addresses.http]);
      expect(printed).toContain('✗ two people register and connect');
      expect(printed).toContain('LIMIT_REGISTRATIONS_PER_HOUR');
      expect(printed.match(/steps passed/g)).toHaveLength(1);
      expect(code).toBe(1);
    } finally {
      await strict.remove();
    }
  });

  test.for(['client', 'test-client', 'group-test-client', 'presence-test-client'])(
    'npm run %s without a server says so, and how to get one',
    async (name) => {
      const account = name === 'test-client' || name === 'group-test-client' ? [] : ['--user', 'ann', '--password', PASSWORD];
      const { code, printed } = await run(name, ['--url', 'http://127.0.0.1:1', ...account]);
      expect(printed).toContain('No server answers at http://127.0.0.1:1. Start one with: npm start');
      expect(code).toBe(1);
    },
  );

  test.for(['client', 'test-client', 'group-test-client', 'presence-test-client'])('npm run %s -- --help', async (name) => {
    const { code, printed } = await run(name, ['--help']);
    expect(printed).toContain(`npm run ${name} --`);
    expect(code).toBe(0);
  });
});
