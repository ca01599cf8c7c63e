import type { Dialect, Incoming, Target } from '../dialects/dialect.js';
import { FrameTemplate, maskedText } from '../wire/masked-frame.js';
import { Acks } from './acks.js';
import { Client } from './client.js';
import { Opens } from './opens.js';
import type { Plan, Stream } from './plan.js';
import type { Tally } from './tally.js';
import { Timeline } from './timeline.js';

type Named = Pick<Target, 'kind' | 'conversationId'>;

/** A planned client, with what it has received. */
interface Member {
  client: Client;
  timelines: Map<string, Timeline>;
}

/** A stream, ready to send. */
interface Sender {
  stream: Stream;
  template: FrameTemplate;
  sent: number;
}

/** All clients of a load: opens them, sends for them, and checks what each of them gets. */
export class Crowd {
  /** A stream may send again: one of its messages was answered. */
  onAnswered: (stream: number) => void = () => undefined;
  readonly #plan: Plan;
  readonly #dialect: Dialect;
  readonly #tally: Tally;
  readonly #members: Member[];
  readonly #senders: Sender[];
  readonly #kinds: Map<string, Named>;
  /** Conversation → the highest seq that was acknowledged: everybody in it must have everything up to there. */
  readonly #tops = new Map<string, number>();
  readonly #acks: Acks<{ member: Member; named: Named }>;
  /** One for each client; null: nobody opens conversations. */
  readonly #opens: Opens[] | null;

  constructor(plan: Plan, dialect: Dialect, tally: Tally) {
    this.#plan = plan;
    this.#dialect = dialect;
    this.#tally = tally;
    this.#members = plan.clients.map((_, index) => ({ client: this.#newClient(index), timelines: new Map() }));
    this.#senders = plan.streams.map((stream, index) => ({
      stream,
      template: new FrameTemplate(dialect.message(stream, index, plan.contentBytes)),
      sent: 0,
    }));
    this.#kinds = new Map(plan.streams.map((stream) => [stream.conversationId, stream]));
    this.#acks = new Acks(({ member, named }, upTo) => this.#acknowledge(member, named, upTo));
    const { openWithinMs } = plan;
    this.#opens =
      openWithinMs === undefined ? null : this.#members.map(({ client }) => new Opens({ client, dialect, tally, openWithinMs }));
  }

  /** Opens all connections, some at a time. */
  async open(onProgress: (done: number) => void): Promise<void> {
    const waiting = this.#members.values();
    let done = 0;
    const openSome = async () => {
      for (const { client } of waiting) {
        await client.open();
        onProgress(++done);
      }
    };
    await Promise.all(Array.from({ length: this.#plan.connectingAtOnce }, openSome));
    this.#acks.start();
  }

  /** Sends a stream's next message, which was to be sent at `stamp`. */
  send(stream: number, stamp: number): void {
    const sender = this.#senders[stream];
    const member = sender && this.#members[sender.stream.client];
    if (sender === undefined || member === undefined) throw new Error(`the plan has no stream ${stream}`);
    sender.sent += 1;
    this.#tally.counts.sent += 1;
    if (!this.#dialect.acknowledges) this.#tops.set(`stream ${stream}`, sender.sent);
    member.client.write(sender.template.fill(stamp, sender.sent));
  }

  /** Acknowledged but not received, over everybody who should have. */
  lost(): number {
    if (!this.#dialect.acknowledges)
      return this.#tally.counts.sent - this.#tally.counts.delivered + this.#tally.counts.duplicated;
    let lost = 0;
    for (const { timelines } of this.#members)
      for (const [id, timeline] of timelines) lost += timeline.missing(this.#tops.get(id) ?? 0);
    return lost;
  }

  unanswered(): number {
    const { sent, acknowledged, refused } = this.#tally.counts;
    return this.#dialect.acknowledges ? sent - acknowledged - refused : 0;
  }

  close(): void {
    this.#acks.stop();
    for (const { client } of this.#members) client.close();
  }

  #newClient(index: number): Client {
    const { token, localAddress, server } = this.#plan.clients[index] ?? { token: '' };
    const { host, port, path } = server ?? this.#plan;
    return new Client({
      upgrade: { host, port, path, token },
      localAddress,
      dialect: this.#dialect,
      onFrame: (_, incoming) => this.#received(index, incoming),
      onBroken: () => (this.#tally.counts.broken += 1),
    });
  }

  #received(index: number, incoming: Incoming): void {
    const member = this.#members[index];
    if (member === undefined) return;
    switch (incoming.kind) {
      case 'message':
        this.#openSoon(index, incoming);
        return this.#message(member, incoming);
      case 'accepted':
        return this.#accepted(member, incoming);
      case 'refused':
        this.#tally.refused(incoming.code);
        if (incoming.stream !== null) this.onAnswered(incoming.stream);
        return;
      case 'inbox':
        for (const [id, lastSeq] of incoming.lastSeqs) member.timelines.set(id, new Timeline(lastSeq));
        return;
      case 'page':
        return this.#opens?.[index]?.came(incoming);
      case 'other':
        return;
    }
  }

  #openSoon(index: number, { conversationId, seq }: { conversationId: string; seq: number }): void {
    const named = this.#kinds.get(conversationId);
    if (named !== undefined) this.#opens?.[index]?.soon(named, seq);
  }

  #message(member: Member, { conversationId, seq, stamp, stream }: Extract<Incoming, { kind: 'message' }>): void {
    this.#tally.delivered(stamp);
    const timeline = this.#timelineOf(member, conversationId);
    if (!timeline.inOrder(seq)) this.#tally.counts.outOfOrder += 1;
    this.#take(member, timeline, conversationId, seq);
    if (stream !== null) this.onAnswered(stream);
  }

  #accepted(member: Member, { conversationId, seq, stamp, stream }: Extract<Incoming, { kind: 'accepted' }>): void {
    this.#tally.acknowledged(stamp);
    this.#tops.set(conversationId, Math.max(seq, this.#tops.get(conversationId) ?? 0));
    this.#take(member, this.#timelineOf(member, conversationId), conversationId, seq);
    this.onAnswered(stream);
  }

  #take(member: Member, timeline: Timeline, conversationId: string, seq: number): void {
    if (!timeline.take(seq)) this.#tally.counts.duplicated += 1;
    const named = this.#kinds.get(conversationId);
    if (named !== undefined) this.#acks.consider(timeline, { member, named });
  }

  #acknowledge({ client }: Member, named: Named, upTo: number): void {
    const text = this.#dialect.ack(named, upTo);
    if (text === null) return;
    this.#tally.counts.acksSent += 1;
    client.write(maskedText(text));
  }

  #timelineOf({ timelines }: Member, conversationId: string): Timeline {
    let timeline = timelines.get(conversationId);
    if (timeline === undefined) timelines.set(conversationId, (timeline = new Timeline(0)));
    return timeline;
  }
}
