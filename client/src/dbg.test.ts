import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParleyClient, type ParleyClientOptions } from './client.js';
import { MemoryOutbox } from './outbox-store.js';
import { summaryOfChat, summaryOfGroup } from './summary.js';
import { ModelServer } from './testing/dbg-model.js';
import { seeded, SimulatedRuntime } from './testing/simulated-runtime.js';

const GROUP = 'climbing';
const USERS = ['ann', 'bob', 'carol'] as const;
type User = (typeof USERS)[number];

class Device {
  readonly client: ParleyClient;
  readonly store = new MemoryOutbox();
  readonly seen: string[] = [];
  readonly failures: string[] = [];

  constructor(
    readonly user: User,
    runtime: SimulatedRuntime,
    server: ModelServer,
    options: Partial<ParleyClientOptions> = {},
  ) {
    const bounds = { inboxPageConversations: 2, pageEntries: 7, catchUpMaxEntries: 10_000 };
    this.client = new ParleyClient({
      ...{ token: 'token', chatUrl: 'ws://chat', runtime, bounds, outbox: this.store },
      webSocket: server.socketsOf(user),
      ...options,
    });
    this.client.on('message', ({ conversation, message }) => this.seen.push(`${conversation.id} ${message.seq} ${message.id}`));
    this.client.on('error', (error) => this.failures.push(error.code));
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), device: fc.nat(3), to: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), forMs: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), user: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), device: fc.nat(3), to: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('older' as const), device: fc.nat(3), to: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), device: fc.nat(3), to: fc.nat(2), part: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit' as const), device: fc.nat(3), to: fc.nat(2), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), device: fc.nat(3), to: fc.nat(2), pick: fc.nat(9) }) },
);
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

/** Two of Ann's devices, one each of the others; Ann and Bob have a chat, all are in a group, other chats begin by writing. */
async function play(actions: readonly Action[], seed: number, options: Partial<ParleyClientOptions>) {
  const random = seeded(seed);
  const runtime = new SimulatedRuntime(random);
  const server = new ModelServer(runtime);
  server.begin('group', GROUP, [...USERS]);
  server.begin('chat', 'ann+bob', ['ann', 'bob']);
  const devices = (['ann', 'ann', 'bob', 'carol'] as const).map((user) => new Device(user, runtime, server, options));
  const written = new Map<string, string[]>();
  for (const { client } of devices) void client.connect();
  await runtime.advance(1_000);
  server.faults = {
    refuse: (command) => (random() < 0.05 && command.type !== 'PING' ? (random() < 0.5 ? 'rate_limited' : 'overloaded') : null),
    loses: () => random() < 0.1,
    cutsAfter: () => random() < 0.01,
    latencyMs: () => Math.floor(random() * (random() < 0.1 ? 400 : 20)),
  };
  let count = 0;
  for (const step of actions) await act(step);
  server.calm();
  await runtime.advance(120_000);
  return { devices, server, runtime, written };

  async function act(step: Action): Promise<void> {
    if (step.kind === 'wait') return runtime.advance(step.forMs);
    if (step.kind === 'cut') return server.cut(USERS[step.user] ?? 'ann');
    const device = devices[step.device];
    if (device === undefined) return;
    const peer = USERS.filter((user) => user !== device.user)[step.to];
    const conversation = peer === undefined ? device.client.conversation(GROUP) : device.client.chatWith(peer);
    if (step.kind === 'send') {
      const content = `${device.user} ${++count}`;
      if (peer === undefined && conversation === null) return;
      const outgoing = peer === undefined ? conversation?.send(content) : device.client.sendTo(peer, content);
      const key = `${step.device} ${peer ?? GROUP}`;
      written.set(key, [...(written.get(key) ?? []), outgoing?.content ?? '']);
      return;
    }
    if (conversation === null) return;
    const mine = conversation.timeline.messages.filter((message) => message.from === device.user && message.deletedAt === null);
    switch (step.kind) {
      case 'open':
        return void conversation.timeline.open().catch(() => undefined);
      case 'older':
        return void conversation.timeline.loadOlder().catch(() => undefined);
      case 'read':
        return conversation.markRead(conversation.lastSeq - step.part);
      case 'edit':
      case 'delete': {
        const message = mine[step.pick % Math.max(1, mine.length)];
        if (message === undefined) return;
        const change = step.kind === 'edit' ? conversation.edit(message, `edited ${++count}`) : conversation.delete(message);
        return void change.catch(() => undefined);
      }
      default:
        step satisfies never;
    }
  }
}


test('debug', async () => {
  const lines: string[] = [];
  (globalThis as any).trace = (line: string) => lines.push(line);
  const { devices, server, written } = await play(JSON.parse(process.env['ACTIONS']!), Number(process.env['SEED']), JSON.parse(process.env['OPTS'] ?? '{}'));
  console.log(lines.join('\n'));
  console.log([...written]);
  for (const id of server.logs.keys()) console.log(id, server.logs.get(id)!.rows.map((r) => r.kind==='message' ? [r.message.seq, r.message.from, r.message.content, r.message.messageId] : [r.event.seq, r.event.type]));
});
