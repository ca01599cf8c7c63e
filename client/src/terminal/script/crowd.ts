import type { Conversation } from '../../conversation.js';
import type { Message } from '../../entries.js';
import { eventually, type Actor, type Device } from './actor.js';
import { checkCrowd, type Findings, type Shown, type Witness } from './crowd-check.js';

/** One of a crowd, with a device, and what it announced. */
export interface Head {
  readonly username: string;
  readonly device: Device;
  readonly announced: Shown[];
}

/** How long messages took, in milliseconds: to be stored, and to be shown to somebody else. */
export interface Times {
  stored: number[];
  shown: number[];
}

/** People in one group, who are made to talk; and everything that was said, to be held against what they were shown. */
export class Crowd {
  readonly heads: readonly Head[];
  readonly groupId: string;
  readonly times: Times = { stored: [], shown: [] };
  readonly #said = new Map<string, string[]>();
  readonly #saidAt = new Map<string, number>();
  #count = 0;

  private constructor(heads: readonly Head[], groupId: string) {
    this.heads = heads;
    this.groupId = groupId;
    for (const head of heads) this.#listen(head);
  }

  /** Makes a group of the first, and lets the others join. */
  static async gather(actors: readonly Actor[], name: string): Promise<Crowd> {
    const heads = await Promise.all(
      actors.map(async (actor): Promise<Head> => ({ username: actor.username, device: await actor.device(), announced: [] })),
    );
    const [first, ...others] = heads;
    if (first === undefined) throw new Error('a crowd has people in it');
    const group = await first.device.client.createGroup({ name });
    const crowd = new Crowd(heads, group.id);
    await group.timeline.open();
    for (const { device } of others) await (await device.client.joinGroup(group.id)).timeline.open();
    await eventually(first.device.client, 'all are in', () => group.memberCount === heads.length);
    return crowd;
  }

  get saidCount(): number {
    return this.#count;
  }

  /** Says something as somebody; resolves when it is stored. */
  async say(head: Head, content: string): Promise<void> {
    const own = this.#said.get(head.username) ?? [];
    this.#said.set(head.username, [...own, content]);
    this.#count += 1;
    const started = performance.now();
    this.#saidAt.set(`${head.username} ${content}`, started);
    await this.#groupOf(head).send(content).sent;
    this.times.stored.push(performance.now() - started);
  }

  /** Everybody says so many things, all at once. */
  async burst(each: number): Promise<void> {
    const from = this.#count;
    const numbers = Array.from({ length: each }, (_, number) => number + 1);
    await Promise.all(this.heads.flatMap((head, index) => numbers.map((n) => this.say(head, `${index + 1}.${from + n}`))));
  }

  /** Waits until everybody is connected and shows as much as was said; fails with who does not. */
  async settle(waitMs?: number): Promise<void> {
    await Promise.all(
      this.heads.map((head) =>
        eventually(
          head.device.client,
          `${head.username} shows all ${this.#count}`,
          () => head.device.client.state === 'live' && this.#groupOf(head).timeline.messages.length >= this.#count,
          waitMs,
        ),
      ),
    );
  }

  /** What each was shown, against what was said. */
  check(): Findings[] {
    return checkCrowd(
      this.#said,
      this.heads.map((head) => this.#witness(head)),
    );
  }

  async close(): Promise<void> {
    await Promise.all(
      this.heads.map(async ({ device }) => {
        await device.client.close();
        await device.cable.end();
      }),
    );
  }

  #witness(head: Head): Witness {
    const { username, announced } = head;
    return { username, announced, timeline: this.#groupOf(head).timeline.messages.map(shownOf) };
  }

  #groupOf({ username, device }: Head): Conversation {
    const group = device.client.conversation(this.groupId);
    if (group === null) throw new Error(`${username} is not in the group`);
    return group;
  }

  #listen(head: Head): void {
    head.device.client.on('message', ({ conversation, message }) => {
      if (conversation.id !== this.groupId) return;
      head.announced.push(shownOf(message));
      const saidAt = this.#saidAt.get(`${message.from} ${message.content}`);
      if (message.from !== head.username && saidAt !== undefined) this.times.shown.push(performance.now() - saidAt);
    });
  }
}

const shownOf = ({ id, seq, from, content }: Message): Shown => ({ id, seq, from, content });
