import type { OfflineQueue } from '../../ports/offline.js';

/** What one user missed of a conversation: the entry at `seq`, and what is owed before it. */
export interface MissedEntry {
  seq: number;
  at: number;
}

/** By user. */
export type Missed = Map<string, MissedEntry>;

const NOTED_AT_ONCE = 1_000;

/**
 * Remembers the highest seq only: the row of a user who missed 5 and 6 is the same for both, and one who has received 5
 * meanwhile still misses 6.
 */
export function miss(missed: Missed, userId: string, entry: MissedEntry): void {
  const known = missed.get(userId);
  if (known === undefined || known.seq < entry.seq) missed.set(userId, entry);
}

/** Notes it in the store. Safe to repeat. */
export async function noteMissed(inner: OfflineQueue, conversationId: string, missed: Missed): Promise<void> {
  for (const { userIds, seq, at } of bySeq(missed)) {
    for (let i = 0; i < userIds.length; i += NOTED_AT_ONCE) {
      await inner.note(conversationId, userIds.slice(i, i + NOTED_AT_ONCE), seq, at);
    }
  }
}

export interface MissedAtSeq extends MissedEntry {
  userIds: string[];
}

/** The users that missed the same entry, together. */
export function bySeq(missed: Missed): MissedAtSeq[] {
  const groups = new Map<number, MissedAtSeq>();
  for (const [userId, { seq, at }] of missed) {
    const group = groups.get(seq);
    if (group === undefined) groups.set(seq, { seq, at, userIds: [userId] });
    else group.userIds.push(userId);
  }
  return [...groups.values()];
}
