import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { EntryHint, EventHint, Hint, Notice, RelayListener } from './relay.js';

/** What came to a server. */
export class Ears implements RelayListener {
  readonly hints: Hint[] = [];
  readonly ephemerals: { userIds: readonly string[]; frame: string }[] = [];
  readonly notices: Notice[] = [];
  doubts = 0;
  /** While set, hints wait for it. */
  held: Promise<void> | null = null;

  async hint(hint: Hint): Promise<void> {
    if (this.held !== null) await this.held;
    this.hints.push(hint);
  }
  ephemeral(userIds: readonly string[], frame: Uint8Array): void {
    this.ephemerals.push({ userIds, frame: textOf(frame) });
  }
  notice(notice: Notice): void {
    this.notices.push(notice);
  }
  doubt(): void {
    this.doubts++;
  }

  texts(): string[] {
    return this.hints.map((hint) => textOf(hint.frame));
  }
}

export const textOf = (frame: Uint8Array) => Buffer.from(frame).toString();
export const event = (userIds: readonly string[], text: string): EventHint => ({
  kind: 'event',
  userIds,
  frame: Buffer.from(text),
});

export const entryHint = (userIds: readonly string[] | null, more: Partial<EntryHint> = {}): EntryHint => ({
  kind: 'entry',
  conversationId: randomUUID(),
  seq: 7,
  createdAt: 1_700_000_000_000,
  membersVersion: 3,
  senderId: randomUUID(),
  frame: Buffer.from('frame'),
  ownFrame: () => Buffer.from('own frame'),
  userIds,
  ...more,
});

/** Within ten seconds, as everything that heals (D4). */
export const soon = <T>(check: () => T | Promise<T>, ms = 10_000) => vi.waitFor(check, { timeout: ms, interval: 20 });
