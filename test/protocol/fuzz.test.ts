import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chatCommands, CLOSE_CODES, presenceCommands } from '@parley/protocol';
import type { World } from '@parley/server';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { call } from '../world/http.js';
import { spawnServer, type ServerProcess } from '../world/process.js';
import type { RawClient } from '../world/raw-client.js';
import { rawHttp } from '../world/raw-http.js';
import { groupOf, history, say, sayIn } from '../world/talk.js';
import { until } from '../world/until.js';

/** What the server logged as faults of its own. There are to be none. */
const faults: string[] = [];
const logger: World['logger'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => void faults.push(`${message} ${JSON.stringify(fields, Object.getOwnPropertyNames)}`),
  child: () => logger,
};
const here = venue({ LIMIT_CONNECTIONS_PER_USER: '0' }, { logger });

/** With which a connection may end: those of the table, a goodbye, and what WebSocket itself says of bad frames. */
const ENDS = [...Object.values(CLOSE_CODES).map(({ code }) => code as number), 1000, 1002, 1003, 1007, 1009];
const FRAMES_PER_RUN = 40;
const RUNS = 60;

type Frame = Record<string, unknown>;

/** Values that no command wants, at least not where they are put. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '__proto__',
    [],
    {},
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.integer({ min: 100, max: 20_000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 10, max: 5_000 }).map((length) => '𝄞'.repeat(length)),
  fc.integer({ min: 1, max: 3_000 }).map(nested),
  fc.array(fc.constantFrom('ann', 'bob', '', 7), { maxLength: 600 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
);

/** Arrays in arrays, as deep as asked. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** A good command with some of its fields taken away, replaced, or joined by others. */
const mutated = (good: Frame[]): fc.Arbitrary<Frame> =>
  fc
    .record({
      base: fc.constantFrom(...good),
      other: fc.constantFrom(...good),
      dropped: fc.nat({ max: 5 }),
      changes: fc.array(fc.tuple(fc.nat({ max: 9 }), hostile), { maxLength: 3 }),
      extra: fc.option(fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), hostile), { nil: undefined }),
      wrongUnion: fc.boolean(),
    })
    .map(({ base, other, dropped, changes, extra, wrongUnion }) => {
      const frame: Frame = wrongUnion ? { ...other, type: base['type'] } : { ...base };
      const keys = Object.keys(frame);
      for (const [at, value] of changes) frame[keys[at % keys.length] ?? 'type'] = value;
      if (dropped < keys.length) Reflect.deleteProperty(frame, keys[dropped] ?? '');
      if (extra !== undefined) frame[extra[0]] = extra[1];
      return frame;
    });

/** What goes over the wire: mostly JSON of a sort. */
const frames = (good: Frame[]): fc.Arbitrary<string[]> =>
  fc.array(
    fc.oneof(
      { weight: 12, arbitrary: mutated(good).map((frame) => JSON.stringify(frame)) },
      { weight: 2, arbitrary: fc.constantFrom(...good).map((frame) => JSON.stringify(frame)) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
      { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
      {
        weight: 1,
        arbitrary: fc.tuple(mutated(good), fc.nat({ max: 60 })).map(([frame, at]) => JSON.stringify(frame).slice(0, at)),
      },
    ),
    { minLength: FRAMES_PER_RUN / 2, maxLength: FRAMES_PER_RUN },
  );

/** The examples of the commands, with what is real here in their places. */
function goodCommands(schemas: typeof chatCommands | typeof presenceCommands, real: Frame): Frame[] {
  return schemas
    .filter((schema) => schema.shape.type.value !== 'DISCONNECT')
    .flatMap((schema) => (schema.meta()?.['examples'] ?? []) as Frame[])
    .map((example) => Object.fromEntries(Object.entries(example).map(([key, value]) => [key, real[key] ?? value])));
}

/** Sends them all; then the connection answers a PING, or has ended as the table says. Nothing it said is a fault. */
async function endure(client: RawClient, sent: readonly string[]): Promise<void> {
  for (const text of sent) client.sendText(text);
  client.send({ type: 'PING', requestId: 'still-there' });
  await until(
    'it answers, or ends',
    () => client.of('PONG').some(({ requestId }) => requestId === 'still-there') || client.closed,
  );
  if (client.closed !== null) expect(ENDS).toContain(client.closed.code);
  expect(client.of('ERROR').filter(({ code }) => code === 'internal')).toEqual([]);
  client.socket.terminate();
}

/** The heap after everything that can go has gone. */
function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

describe('whatever is sent', () => {
  let mallory: Account;
  let control: RawClient;
  let real: Frame;

  /** Somebody who has nothing to do with it is served as ever. */
  async function expectAllWell(): Promise<void> {
    expect(faults).toEqual([]);
    await control.settle();
    const { groupId } = real;
    await sayIn(control, String(groupId), 'All is well.');
    expect((await call(here.server.addresses.http, 'GET', '/health/ready')).status).toBe(200);
  }

  beforeEach(prepare);

  async function prepare(): Promise<void> {
    faults.length = 0;
    const [ann, bob] = await here.people('ann', 'bob');
    mallory = ann;
    control = await bob.chat();
    const groupId = await groupOf(bob, [ann]);
    const { chatId, seq, messageId } = await say(await ann.chat(), bob, 'one');
    await history(control, ann);
    real = {
      from: ann.username,
      to: bob.username,
      usernames: [bob.username],
      members: [bob.username],
      groupId,
      chatId,
      seq,
      messageId,
    };
  }

  test('D9 on the chat socket: an answer each, no fault, and nobody else notices', async () => {
    const good = goodCommands(chatCommands, real);
    let heapBefore = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(frames(good), async (sent) => {
        if (++runs === RUNS / 3) heapBefore = heapMiB();
        await endure(await mallory.chat(), sent);
        if (runs % 10 === 0) await expectAllWell();
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await expectAllWell();
    expect(heapMiB() - heapBefore).toBeLessThan(48);
  });

  test('D9 on the presence socket', async () => {
    const good = goodCommands(presenceCommands, real);
    await fc.assert(
      fc.asyncProperty(frames(good), async (sent) => endure(await mallory.presence(), sent)),
      { numRuns: RUNS, endOnFailure: true },
    );
    await expectAllWell();
  });

  test('D9 with bytes that are no WebSocket frames', async () => {
    const { hostname, port } = new URL(here.server.addresses.chat);
    const upgrade = `GET /?token=${mallory.token} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const socket = connect(Number(port), hostname);
        const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
        socket.on('error', () => undefined).resume();
        socket.write(upgrade);
        socket.end(bytes);
        await gone;
      }),
      { numRuns: 100, endOnFailure: true },
    );
    await expectAllWell();
  });
});

describe('as a process', () => {
  let dataDir: string;
  let server: ServerProcess;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-fuzz-'));
    server = await spawnServer(dataDir);
  });
  afterAll(async () => {
    await server.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  const targets = [
    '//',
    '///',
    'http://',
    'http://[',
    '/%',
    '/ws/chat//',
    '/?token=%',
    '/%00',
    '*',
    'x',
    '/ws/chat?token=a&token=b',
    '\\',
  ];

  test.each(['http', 'chat', 'presence'] as const)(
    'D9 an upgrade of a hostile path on the %s port is refused, and the server goes on',
    async (door) => {
      const url = server.addresses[door];
      for (const target of targets) {
        for (const protocol of ['websocket', 'h2c']) {
          const { status } = await rawHttp(
            url,
            `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: ${protocol}\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`,
          );
          // An offer of something else is not taken up, and the request answered as any: `/` is the web client.
          const expected = protocol === 'h2c' && door === 'http' && target.startsWith('/?') ? 2 : 4;
          expect([target, protocol, Math.floor(status / 100)]).toEqual([target, protocol, expected]);
        }
      }
      expect((await call(server.addresses.http, 'GET', '/health/ready')).status).toBe(200);
    },
  );
});
