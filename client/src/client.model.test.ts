import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParleyClient, type ParleyClientOptions } from './client.js';
import { MemoryOutbox } from './outbox-store.js';
import { summaryOfChat, summaryOfGroup } from './summary.js';
import { ModelServer } from './testing/model-server.js';
import { seeded, SimulatedRuntime } from './testing/simulated-runtime.js';

const PAGE_ENTRIES = 7;
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
    const bounds = {
      inboxFirstConversations: 2,
      inboxPageConversations: 2,
      pageEntries: PAGE_ENTRIES,
      catchUpMaxEntries: 10_000,
      ...options.bounds,
    };
    this.client = new ParleyClient({
      ...{ token: 'token', chatUrl: 'ws://chat', runtime, outbox: this.store },
      webSocket: server.socketsOf(user),
      ...options,
      bounds,
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
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), device: fc.nat(3), to: fc.nat(2), pick: fc.nat(9) }),
  },
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

const scenario = { actions: fc.array(action, { minLength: 1, maxLength: 60, size: 'max' }), seed: fc.integer() };

describe('a device against a server on a bad network', () => {
  test('R16 old state and events equal freshly read state, on every device, also of what was let go', async () => {
    const holds = fc.asyncProperty(scenario.actions, scenario.seed, async (actions, seed) => {
      const { devices, server } = await play(actions, seed, { bounds: { timelinesMaxOpen: seed % 2 === 0 ? 1 : 1_000 } });
      for (const { client, user } of devices) {
        for (const log of server.logs.values()) {
          if (!log.members.has(user)) continue;
          const item = server.itemOf(user, log.id);
          const fresh = 'chatId' in item ? summaryOfChat(item) : summaryOfGroup(item);
          const { clientMessageId: _, ...freshLast } = fresh.lastMessage ?? {};
          const { summary } = client.conversation(log.id) ?? {};
          const { clientMessageId: __, ...heldLast } = summary?.lastMessage ?? {};
          expect({ ...summary, lastMessage: heldLast }).toEqual({ ...fresh, lastMessage: freshLast });
        }
      }
    });
    await fc.assert(holds, { numRuns: 150 });
  });

  test('D2 D3 each message written is sent once, in the order of writing, whatever happens', async () => {
    const holds = fc.asyncProperty(scenario.actions, scenario.seed, async (actions, seed) => {
      const { devices, server, written } = await play(actions, seed, {});
      for (const { client } of devices) expect(client.outgoing).toEqual([]);
      for (const [key, contents] of written) {
        const [index, to] = key.split(' ') as [string, string];
        const { user } = devices[Number(index)] ?? {};
        const id = to === GROUP ? GROUP : [user, to].sort().join('+');
        // Edits and deletions change contents; the place of what was written is by its client id.
        const rows = server
          .messages(id)
          .map(({ seq, content, editedAt, deletedAt }) => ({ seq, content, changed: editedAt ?? deletedAt }));
        const untouched = contents.filter((content) => rows.some((row) => row.content === content));
        const places = untouched.map((content) => rows.filter((row) => row.content === content).map((row) => row.seq));
        expect(places.every((seqs) => seqs.length === 1)).toBe(true);
        expect(places.flat()).toEqual(places.flat().toSorted((a, b) => a - b));
      }
      const total = [...written.values()].flat().length;
      const inLogs = [...server.logs.keys()].flatMap((id) => server.messages(id)).length;
      expect(inLogs).toBe(total);
    });
    await fc.assert(holds, { numRuns: 150 });
  });

  test('D4 a device that catches up with all shows each message once, in order, and the log in its timelines', async () => {
    const holds = fc.asyncProperty(scenario.actions, scenario.seed, async (actions, seed) => {
      const { devices, server } = await play(actions, seed, { catchUp: 'all' });
      for (const { client, user, seen } of devices) {
        expect(new Set(seen).size).toBe(seen.length);
        for (const log of server.logs.values()) {
          if (!log.members.has(user)) continue;
          const messages = server.messages(log.id);
          expect(seen.filter((line) => line.startsWith(`${log.id} `)).length).toBe(messages.length);
          const { timeline } = client.conversation(log.id) ?? {};
          const shown = timeline?.messages.map(({ id, seq, content, editedAt, deletedAt }) => ({
            id,
            seq,
            content,
            editedAt,
            deletedAt,
          }));
          const wanted = messages.map((m) => ({
            id: m.messageId,
            seq: m.seq,
            content: m.content,
            editedAt: m.editedAt ?? null,
            deletedAt: m.deletedAt ?? null,
          }));
          expect(shown).toEqual(wanted);
          expect(timeline?.items.some((item) => item.kind === 'gap')).toBe(false);
        }
      }
    });
    await fc.assert(holds, { numRuns: 150 });
  });

  test('D4 an opened timeline is complete up to its end', async () => {
    const holds = fc.asyncProperty(scenario.actions, scenario.seed, async (actions, seed) => {
      const { devices, server, runtime } = await play(actions, seed, {});
      for (const { client } of devices) {
        for (const conversation of client.conversations)
          await Promise.all([conversation.timeline.open(), runtime.advance(5_000)]);
      }
      await runtime.advance(10_000);
      for (const { client, failures } of devices) {
        expect(failures.filter((code) => code === 'bad_reply')).toEqual([]);
        for (const conversation of client.conversations) {
          const from = conversation.lastSeq - PAGE_ENTRIES;
          const tail = server.messages(conversation.id).flatMap(({ seq, messageId }) => (seq > from ? [messageId] : []));
          expect(conversation.timeline.messages.flatMap(({ seq, id }) => (seq > from ? [id] : []))).toEqual(tail);
        }
      }
    });
    await fc.assert(holds, { numRuns: 60 });
  });
});
