/* oxlint-disable vitest/no-standalone-expect -- the model is played inside a test */
import fc from 'fast-check';
import { expect } from 'vitest';
import { only, refusal, type Stage } from './stage.contract.js';

/** Something that one of the people does. `where` picks a place in the log as it is: 0 its start, 1 its end. */
export interface Step {
  act: 'send' | 'read' | 'receive' | 'join' | 'leave' | 'edit' | 'delete';
  who: number;
  where: number;
}

export const step = (people: number): fc.Arbitrary<Step> =>
  fc.record({
    act: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Step['act'][]>('send') },
      { weight: 4, arbitrary: fc.constantFrom<Step['act'][]>('read', 'receive') },
      { weight: 3, arbitrary: fc.constantFrom<Step['act'][]>('join', 'leave') },
      { weight: 1, arbitrary: fc.constantFrom<Step['act'][]>('edit', 'delete') },
    ),
    who: fc.nat({ max: people - 1 }),
    where: fc.double({ min: 0, max: 1, noNaN: true }),
  });

interface Standing {
  joinedSeq: number;
  delivered: number;
  read: number;
}

interface Logged {
  senderId: string;
  /** Null: an entry that does not count. */
  message: { seq: number; messageId: string; deleted: boolean } | null;
}

/** A group's log as plainly as it can be told: unread is counted, not computed. */
export class LogModel {
  readonly #people: string[];
  readonly #group: string;
  /** By seq − 1. */
  readonly #log: Logged[];
  readonly #members = new Map<string, Standing>();

  /** The group's first three people are in it already, by three entries. */
  constructor(people: string[], group: string) {
    this.#people = people;
    this.#group = group;
    this.#log = people.slice(0, 3).map((senderId) => ({ senderId, message: null }));
    people
      .slice(0, 3)
      .forEach((userId, index) => this.#members.set(userId, { joinedSeq: index + 1, delivered: index, read: index }));
  }

  /** Sends and cursor moves go out together, so that they meet in one batch; what needs a look first waits for them. */
  async play(stage: Stage, burst: Step[], turn: number): Promise<void> {
    const known = this.#log.length;
    let underWay: Promise<void>[] = [];
    for (const each of burst) {
      const userId = this.#people[each.who] as string;
      switch (each.act) {
        case 'send':
          underWay.push(this.#send(stage, userId, turn));
          break;
        case 'read':
        case 'receive':
          underWay.push(this.#move(stage, userId, Math.round(each.where * known), each.act === 'read', turn));
          break;
        case 'join':
        case 'leave':
        case 'edit':
        case 'delete':
          await Promise.all(underWay);
          underWay = [];
          await this.#change(stage, userId, each);
          break;
      }
    }
    await Promise.all(underWay);
  }

  async verify(stage: Stage): Promise<void> {
    for (const userId of this.#people) {
      const standing = this.#members.get(userId);
      const opened = await stage.node(1).conversations.open(userId, this.#group);
      expect(opened?.membership).toEqual(
        standing === undefined ? undefined : expect.objectContaining({ ...standing, unread: this.#unread(userId) }),
      );
    }
    expect(await stage.entries(this.#group)).toHaveLength(this.#log.length);
  }

  #unread(userId: string): number {
    const read = this.#members.get(userId)?.read ?? 0;
    return this.#log.filter(({ senderId, message }, index) => message !== null && senderId !== userId && index + 1 > read).length;
  }

  async #send(stage: Stage, senderId: string, turn: number): Promise<void> {
    if (!this.#members.has(senderId)) {
      expect(await refusal(stage.send(this.#group, senderId, {}, turn))).toBe('not_member');
      return;
    }
    const entry: Logged = { senderId, message: null };
    const seq = this.#log.push(entry);
    entry.message = { seq, messageId: '', deleted: false };
    const sent = only(await stage.send(this.#group, senderId, {}, turn));
    expect(sent.seq).toBe(seq);
    entry.message.messageId = sent.messageId;
  }

  async #move(stage: Stage, userId: string, seq: number, reading: boolean, turn: number): Promise<void> {
    const standing = this.#members.get(userId);
    if (standing !== undefined) {
      standing.delivered = Math.max(standing.delivered, seq);
      if (reading) standing.read = Math.max(standing.read, seq);
    }
    const move = { conversationId: this.#group, userId, delivered: seq, ...(reading && { read: seq }) };
    const moved = await stage.node(turn).log.moveCursor(move);
    expect(moved === null).toBe(standing === undefined);
  }

  async #change(stage: Stage, userId: string, { act, where }: Step): Promise<void> {
    const standing = this.#members.get(userId);
    const next = this.#log.length + 1;
    if (act === 'join' && standing === undefined) {
      await stage.join(this.#group, userId);
      this.#members.set(userId, { joinedSeq: next, delivered: next - 1, read: next - 1 });
    } else if (act === 'leave' && standing !== undefined) {
      await stage.leave(this.#group, userId);
      this.#members.delete(userId);
    } else if ((act === 'edit' || act === 'delete') && standing !== undefined) {
      const target = this.#messageAt(where);
      if (target === null) return;
      await stage.revise(this.#group, userId, { seq: target.seq, messageId: target.messageId }, act === 'edit' ? 'edited' : null);
      target.deleted = act === 'delete';
    } else return;
    this.#log.push({ senderId: userId, message: null });
  }

  #messageAt(where: number) {
    const messages = this.#log.flatMap(({ message }) => (message === null || message.deleted ? [] : [message]));
    return messages[Math.floor(where * (messages.length - 1))] ?? null;
  }
}
