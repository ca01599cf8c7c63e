import type { Cast } from './cast.js';
import type { Tally } from './tally.js';

/** What a seed is made with: who acts in it, and who is told. */
export interface Scene {
  cast: Cast;
  tally: Tally;
  /** One more of what was asked for is there. */
  step(): void;
}

/** Writes messages `have` to `want`, and notes what became of the conversation. */
export async function fill(
  { tally }: Scene,
  thing: 'chats' | 'groups',
  { created, have, want }: { created: boolean; have: number; want: number },
  write: (turn: number) => Promise<void>,
): Promise<void> {
  tally.count(thing, created ? 'created' : have < want ? 'completed' : 'skipped');
  for (let turn = have; turn < want; turn++) {
    await write(turn);
    tally.count('messages', 'created');
  }
}
