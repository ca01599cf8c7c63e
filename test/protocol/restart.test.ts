import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS, type EventOf, type http } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { call, register } from '../world/http.js';
import { onEmbedded } from '../world/profile.js';
import { failedStart, spawnServer, type ServerProcess } from '../world/process.js';
import { RawClient } from '../world/raw-client.js';
import { portOf } from '../world/server.js';
import { until } from '../world/until.js';

/* Servers as processes of their own, on one folder. */

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-restart-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** A server that is gone when the test is. */
async function spawned(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(dataDir, env);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}

interface Message {
  seq: number;
  messageId: string;
  clientMessageId: string;
  content: string;
}

/** Sends without waiting, remembers what was acknowledged, and sends the rest again to the next server. */
class Sender {
  readonly acknowledged = new Map<string, EventOf<'SUCCESS'>>();
  readonly #token: string;
  readonly #to: string;
  readonly #unanswered = new Map<string, string>();
  #count = 0;

  constructor(token: string, to: string) {
    this.#token = token;
    this.#to = to;
  }

  /** Connects, sends again what has no SUCCESS, and then `count` more, all in one go. */
  async send(server: ServerProcess, count: number): Promise<RawClient> {
    const client = await RawClient.connect(server.addresses.chat, this.#token);
    client.socket.on('message', () => this.#note(client));
    for (let i = 0; i < count; i++) this.#unanswered.set(`id-${this.#count}`, `m${this.#count++}`);
    for (const [clientMessageId, content] of this.#unanswered) {
      client.send({ type: 'ONE_TO_ONE_CHAT', to: this.#to, content, clientMessageId });
    }
    return client;
  }

  get done(): boolean {
    return this.#unanswered.size === 0;
  }

  #note(client: RawClient): void {
    const frame = client.frames.at(-1);
    if (frame?.type !== 'SUCCESS' || frame.clientMessageId === undefined) return;
    this.acknowledged.set(frame.clientMessageId, frame);
    this.#unanswered.delete(frame.clientMessageId);
  }
}

/** The whole log, as its writer is shown it. */
async function wholeLog(base: string, token: string, chatId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let after = 0, more = true; more;) {
    const page = await call<http.ChatHistory>(base, 'GET', `/chats/${chatId}/messages?after=${after}&limit=100`, { token });
    messages.push(...page.body.messages.map((message) => ({ ...message, clientMessageId: message.clientMessageId ?? '' })));
    after = page.body.coversTo;
    more = page.body.hasMore;
  }
  return messages;
}

describe('SIGKILL', () => {
  test('D1 D3 R1 W21 in the middle of pipelined sends, again and again: all that was acknowledged is there, once, without holes', async () => {
    let server = await spawned();
    const ann = await register(server.addresses.http, 'ann-killed');
    const bob = await register(server.addresses.http, 'bob-killed');
    const senders = [new Sender(ann.token, bob.user.username), new Sender(bob.token, ann.user.username)];
    const acknowledged = () => senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0);

    for (let round = 0; round < 4; round++) {
      const before = acknowledged();
      await Promise.all(senders.map((sender) => sender.send(server, 300)));
      await until('some are acknowledged', () => acknowledged() > before + 50 + round * 60);
      await server.kill('SIGKILL');
      server = await spawned();
    }
    // What was acknowledged before the last kill, and what is sent again: each is one message with one place.
    const early = new Map([...(senders[0]?.acknowledged ?? [])]);
    await Promise.all(senders.map((sender) => sender.send(server, 0)));
    await until('everything is acknowledged', () => senders.every(({ done }) => done));
    const again = await RawClient.connect(server.addresses.chat, ann.token);
    for (const [clientMessageId, { seq, messageId, createdAt }] of [...early].slice(0, 20)) {
      const command = {
        type: 'ONE_TO_ONE_CHAT',
        to: bob.user.username,
        content: clientMessageId.replace('id-', 'm'),
        clientMessageId,
      };
      expect(await again.askFor('SUCCESS', command)).toMatchObject({ seq, messageId, createdAt });
    }

    const [first] = early.values();
    const logs = await Promise.all([ann, bob].map(({ token }) => wholeLog(server.addresses.http, token, first?.chatId ?? '')));
    for (const [who, log] of logs.entries()) {
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
      expect(log).toHaveLength(2 * 4 * 300);
      const own = new Map(
        log.filter((message) => message.clientMessageId !== '').map((message) => [message.clientMessageId, message]),
      );
      expect(own.size).toBe(4 * 300);
      for (const [clientMessageId, { seq, messageId }] of senders[who]?.acknowledged ?? []) {
        expect(own.get(clientMessageId)).toMatchObject({ seq, messageId, content: clientMessageId.replace('id-', 'm') });
      }
    }
    expect(await server.kill('SIGTERM')).toBe(0);
  });
});

describe('SIGTERM', () => {
  test('D10 W9 drains: INFO, then every accepted message is answered, close 4000, exit 0; nothing answered is lost', async () => {
    const server = await spawned();
    const ann = await register(server.addresses.http, 'ann-drained');
    const bob = await register(server.addresses.http, 'bob-drained');
    const a = await RawClient.connect(server.addresses.chat, ann.token);
    const presence = await RawClient.connect(server.addresses.presence, bob.token);
    await presence.next('INFO');
    const { chatId = '' } = await a.askFor('SUCCESS', { type: 'ONE_TO_ONE_CHAT', to: bob.user.username, content: 'm0' });
    for (let i = 1; i <= 500; i++) a.send({ type: 'ONE_TO_ONE_CHAT', to: bob.user.username, content: `m${i}` });
    await until('some are stored', () => a.of('SUCCESS').length > 100);
    const exit = server.kill('SIGTERM');
    for (const client of [a, presence]) {
      expect(await client.ended()).toMatchObject({ code: 4000 });
      expect(client.of('INFO').at(-1)).toMatchObject({ code: 'draining', reconnectAfterMs: expect.any(Number) });
    }
    expect(await exit).toBe(0);

    const next = await spawned();
    const log = await wholeLog(next.addresses.http, ann.token, chatId);
    const answered = a.of('SUCCESS').map(({ seq }) => seq ?? 0);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    expect(log.length).toBeGreaterThanOrEqual(answered.length);
    expect(answered).toEqual(answered.map((_, i) => i + 1));
    expect(await next.kill('SIGTERM')).toBe(0);
  });

  test('D8 D10 a client that reads nothing any more does not hold the server up: exit 0 in time', async () => {
    const server = await spawned({ DRAIN_TIMEOUT_S: '5' });
    const { token } = await register(server.addresses.http, 'ann-deaf');
    const deaf = await RawClient.connect(server.addresses.chat, token);
    await deaf.settle();
    deaf.socket.pause();
    onTestFinished(() => deaf.socket.terminate());
    expect(await server.kill('SIGTERM')).toBe(0);
  });

  test('D8 D10 nor does one that asked for more than it reads', async () => {
    const server = await spawned({ DRAIN_TIMEOUT_S: '5' });
    const { token } = await register(server.addresses.http, 'ann-greedy');
    const greedy = await RawClient.connect(server.addresses.chat, token);
    onTestFinished(() => greedy.socket.terminate());
    const { groupId = '' } = await greedy.askFor('SUCCESS', { type: 'CREATE_GROUP', name: 'g' });
    for (let i = 0; i < 16; i++) {
      await greedy.askFor('SUCCESS', { type: 'GROUP_CHAT', groupId, content: 'x'.repeat(LIMITS.contentMaxBytes) });
    }
    greedy.socket.pause();
    for (let i = 0; i < 50; i++) greedy.send({ type: 'GET_GROUP_CHAT_HISTORY', groupId, limit: 100 });
    await call(server.addresses.http, 'GET', '/me', { token });
    expect(await server.kill('SIGTERM')).toBe(0);
  });
});

describe('starting', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await spawnServer(dataDir, { HTTP_PORT: '0', CHAT_PORT: '0', PRESENCE_PORT: '0' });
  });
  afterAll(() => server.kill('SIGTERM'));
  const ready = async () => (await call(server.addresses.http, 'GET', '/health/ready')).status === 200;

  test('with every port 0 the real ports are logged, and answer', async () => {
    const { http, chat, presence } = server.addresses;
    expect(new Set([http, chat, presence].map(portOf)).size).toBe(3);
    expect(await ready()).toBe(true);
    for (const url of [chat, presence]) expect((await RawClient.refused(url, '')).status).toBe(401);
  });

  onEmbedded('R25 a second process on the same folder refuses with a clear word and exit 1, and the first goes on', async () => {
    const { code, said } = await failedStart(dataDir);
    expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(/DATA_DIR .* is in use by another Parley process/) });
    expect(await ready()).toBe(true);
  });

  test('a port that is taken is named, and ends the start with exit 1', async () => {
    const other = await mkdtemp(join(tmpdir(), 'parley-other-'));
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    const port = portOf(server.addresses.chat);
    const { code, said } = await failedStart(other, { CHAT_PORT: port });
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(port) });
    expect(await ready()).toBe(true);
  });

  onEmbedded('R25 with a part of the roles, or in production without JWT_SECRET, it does not start and says why', async () => {
    const partly = failedStart(dataDir, { ROLES: 'api,chat' });
    const unsigned = failedStart(dataDir, { NODE_ENV: 'production' });
    expect(await partly).toEqual({ code: 1, said: expect.stringContaining('ROLES') });
    expect(await unsigned).toEqual({ code: 1, said: expect.stringContaining('JWT_SECRET') });
  });
});
