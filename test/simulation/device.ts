import { MemoryOutbox, ParleyClient, type Conversation, type Message, type Outgoing } from '@parley/client';
import type { FinalDevice, History, Seen, View } from '../faults/history.js';
import type { Chance } from './chance.js';
import type { Network } from './network.js';
import { Process } from './process.js';
import type { Time } from './time.js';

export interface User {
  id: string;
  name: string;
}

export interface DeviceParts {
  user: User;
  name: string;
  sessionId: string;
  time: Time;
  chance: Chance;
  network: Network;
  history: History;
  happened: (what: string) => void;
  trace: (line: string) => void;
  /** What a planted bug does to what the device sends. */
  mangle?: ((frame: string) => string) | undefined;
}

/** Small pages and short waits: many ways in few seconds. */
const BOUNDS = { pageEntries: 15, requestDeadlineMs: 5_000, ackDelayMs: 300, inboxPageConversations: 3 };
const TIMES = {
  backoff: { baseMs: 200, maxMs: 2_000 },
  openDeadlineMs: 4_000,
  heartbeatIntervalMs: 6_000,
  heartbeatDeadlineMs: 3_000,
  stableAfterMs: 4_000,
};

/** A device of a user, on the SDK. Its outbox outlives the ends of its process. */
export class Device {
  readonly name: string;
  readonly user: User;
  readonly #parts: DeviceParts;
  readonly #outbox = new MemoryOutbox();
  #process: Process | null = null;
  #client: ParleyClient | null = null;
  #life = 0;
  #sent = 0;
  readonly #known = new Set<string>();

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.user = parts.user;
  }

  /** Null while it is off. */
  get client(): ParleyClient | null {
    return this.#client;
  }

  get process(): Process | null {
    return this.#process;
  }

  start(): void {
    if (this.#client !== null) return;
    const { time, chance, network, sessionId, user, happened } = this.#parts;
    this.#life += 1;
    this.#known.clear();
    this.#parts.history.starts.push({ user: user.name, at: time.now() });
    const process = new Process(`${this.name}#${this.#life}`, time, chance.fork());
    const client = new ParleyClient({
      token: `${sessionId} ${user.name}`,
      chatUrl: 'chat',
      presenceUrl: 'presence',
      webSocket: (url, [, token = '']) => this.#mangled(network.connect(process, url, token)),
      runtime: {
        now: process.now,
        after: (delayMs, run) => process.after(delayMs, run),
        soon: (run) => process.soon(run),
        random: process.random,
        id: () => process.id().replaceAll('-', ''),
      },
      outbox: this.#outbox,
      catchUp: 'all',
      bounds: BOUNDS,
      times: TIMES,
    });
    client.on('message', ({ conversation, message }) => this.#show('told', conversation, message));
    client.on('conversation', (conversation) => this.#found(conversation));
    client.on('receipt', ({ conversation, username, delivered, read }) =>
      this.#cursors(conversation.id, username, delivered, read),
    );
    client.on('removed', ({ id }) => this.#parts.trace(`${this.name} removed ${id}`));
    client.on('outgoing', (outgoing) => this.#settled(outgoing));
    client.on('info', ({ code }) => happened(`told ${code}`));
    client.on('error', ({ code }) => happened(`error ${code}`));
    client.on('event', (event) => event.type === 'ERROR' && happened(`refused ${event.code}`));
    client.on('state', ({ name }) => this.#parts.trace(`${this.name} ${name}`));
    this.#process = process;
    this.#client = client;
    void client.connect().catch(() => undefined);
  }

  #mangled(socket: ReturnType<Network['connect']>): ReturnType<Network['connect']> {
    const { mangle } = this.#parts;
    if (mangle === undefined) return socket;
    const send = socket.send.bind(socket);
    return Object.assign(socket, { send: (frame: string) => send(mangle(frame)) });
  }

  /** As a phone whose battery ends. */
  kill(): void {
    this.#process?.kill();
    this.#process = null;
    this.#client = null;
  }

  async close(): Promise<void> {
    const client = this.#client;
    await client?.close();
  }

  /** Writes a message to a person or a group. */
  send(to: User | Conversation): void {
    const client = this.#client;
    if (client === null) return;
    this.#sent += 1;
    const content = `${this.name} ${this.#life}.${this.#sent}`;
    const outgoing = 'name' in to ? client.sendTo(to.name, content) : to.send(content);
    const { clientMessageId } = outgoing;
    this.#parts.history.sendings.push({
      device: this.name,
      user: this.user.name,
      to: outgoing.target.kind === 'chat' ? outgoing.target.with : outgoing.target.groupId,
      clientMessageId,
      content,
      at: this.#parts.time.now(),
      outcome: 'info',
      endedAt: null,
      place: null,
      code: null,
    });
  }

  /** What it shows now, with everything that there is of each conversation. */
  final(): FinalDevice {
    const client = this.#client;
    const people = client?.snapshot().presence ?? new Map<string, { status: string }>();
    return {
      device: this.name,
      user: this.user.name,
      isLive: client?.state === 'live',
      unsettled: client?.outgoing.filter(({ status }) => status === 'queued' || status === 'sending').length ?? 0,
      views: client?.conversations.map(viewOf) ?? [],
      presence: Object.fromEntries([...people].map(([name, { status }]) => [name, status])),
    };
  }

  /** Fetches what it does not hold of each conversation. */
  async readAll(): Promise<void> {
    for (const { timeline } of this.#client?.conversations ?? []) {
      await timeline.open().catch(() => undefined);
      while (timeline.hasOlder && (await timeline.loadOlder().catch(() => false)));
    }
  }

  #show(how: 'told' | 'found', { id }: Conversation, message: Message): void {
    const { history, time, trace } = this.#parts;
    const seen = seenOf(message);
    const of = { device: this.name, life: this.#life, user: this.user.name, conversationId: id, at: time.now() };
    history.shown.push({ ...seen, ...of, how });
    trace(`${this.name} ${how} ${id} ${seen.seq} ${seen.content}`);
  }

  /** Keeps the timeline whole, and notes what is new in it. */
  #found(conversation: Conversation): void {
    const { timeline, id } = conversation;
    // One that was left may change once more.
    if (this.#client?.conversation(id) !== conversation) return;
    if (!timeline.isOpen) void timeline.open().catch(() => undefined);
    for (const message of timeline.messages) {
      if (this.#known.has(message.id)) continue;
      this.#known.add(message.id);
      this.#show('found', conversation, message);
    }
  }

  /** Of others: one's own are a guess of this device's until the server has them. */
  #cursors(conversationId: string, of: string, delivered: number, read: number): void {
    const { history, time } = this.#parts;
    const at = { device: this.name, life: this.#life, user: this.user.name, conversationId, at: time.now() };
    this.#parts.trace(`${this.name} ${conversationId} ${of} ${delivered}/${read}`);
    history.cursors.push({ ...at, of, delivered, read });
  }

  #settled(outgoing: Outgoing): void {
    const { history, time, trace } = this.#parts;
    const { status, clientMessageId, message, error } = outgoing;
    if (status !== 'sent' && status !== 'failed') return;
    const sending = history.sendings.find((each) => each.clientMessageId === clientMessageId && each.device === this.name);
    if (sending === undefined) return;
    const conversation = this.#conversationOf(outgoing);
    trace(`${this.name} ${status} ${sending.content} ${message?.seq ?? error?.code ?? ''}`);
    sending.endedAt = time.now();
    if (status === 'sent' && message !== null && conversation !== null) {
      sending.outcome = 'ok';
      sending.place = { conversationId: conversation.id, seq: message.seq, messageId: message.id };
    } else if (error !== null && error.code !== 'unconfirmed') {
      sending.outcome = 'fail';
      sending.code = error.code;
    }
  }

  #conversationOf({ target }: Outgoing): Conversation | null {
    return (target.kind === 'chat' ? this.#client?.chatWith(target.with) : this.#client?.conversation(target.groupId)) ?? null;
  }
}

const seenOf = ({ id, seq, from, content, deletedAt }: Message): Seen => ({
  messageId: id,
  seq,
  from,
  content,
  isDeleted: deletedAt !== null,
});

function viewOf({ id, summary, timeline }: Conversation): View {
  return {
    conversationId: id,
    summary: summary as unknown as View['summary'],
    messages: timeline.messages.map(seenOf),
    hasGap: timeline.items.some(({ kind }) => kind === 'gap'),
  };
}
