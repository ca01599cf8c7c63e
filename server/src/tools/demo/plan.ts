import { dice, type Dice } from './dice.js';
import { BETWEEN_TWO, IN_GROUPS, WORDS, type Thread } from './threads.js';

/** People are their numbers in the list. The first member of a group is its owner. */
export type Talk =
  | { kind: 'direct'; members: readonly [number, number] }
  | { kind: 'group'; name: string; topic: keyof typeof IN_GROUPS; members: readonly number[] };

export interface Line {
  /** Number of the conversation, and of the message in it. */
  talk: number;
  turn: number;
  author: number;
  text: string;
  /** So long before now. */
  agoMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 24;
const WAKE_HOUR = 7;
/** The same at each run: what is there already is known by its place. */
const SEED = 20_241;

const direct = (a: number, b: number): Talk => ({ kind: 'direct', members: [a, b] });
const group = (name: string, topic: keyof typeof IN_GROUPS, ...members: number[]): Talk => ({
  kind: 'group',
  name,
  topic,
  members,
});

/** The busiest first. */
export const TALKS: readonly Talk[] = [
  direct(0, 1),
  group('Release crew', 'work', 1, 0, 5, 6, 9, 13),
  group('Number 14', 'house', 8, 0, 2, 3, 10, 11, 15, 16),
  direct(0, 2),
  group('Climbing', 'climbing', 0, 1, 4, 7, 12, 17),
  direct(0, 4),
  direct(0, 6),
  group('Book club', 'books', 10, 0, 2, 4, 14),
  direct(3, 0),
  group('Film night', 'films', 7, 0, 1, 6, 16),
  direct(0, 5),
  direct(1, 6),
  group('Trip to the lake', 'lake', 4, 0, 1, 2, 7, 12, 14),
  direct(7, 0),
  direct(0, 10),
  direct(12, 0),
  direct(1, 4),
  direct(0, 8),
  direct(2, 10),
  direct(14, 0),
  direct(9, 13),
  direct(0, 16),
  direct(5, 9),
  direct(7, 12),
];

/** All that is said, the oldest first: about so many messages, threads by day with pauses between. */
export function planOf(messages: number, now: number): Line[] {
  const random = dice(SEED);
  const shares = TALKS.map((_, rank) => 1 / (rank + 3));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const lines = TALKS.flatMap((talk, n) => linesOf(talk, n, Math.ceil((messages * (shares[n] ?? 0)) / whole), { random, now }));
  return lines.sort((a, b) => b.agoMs - a.agoMs || a.talk - b.talk || a.turn - b.turn);
}

function linesOf(talk: Talk, n: number, count: number, { random, now }: { random: Dice; now: number }): Line[] {
  const threads = threadsOf(talk, count, random);
  // The last thread of each lies the further back the quieter it is; the others are spread over the days before.
  const lastMs = awake((n * n * 0.012 + 0.05) * DAY_MS * (0.7 + random.next() * 0.6), now);
  const starts = threads.map(() => awake(lastMs + random.next() ** 1.6 * DAYS * DAY_MS, now)).sort((a, b) => b - a);
  starts.splice(-1, 1, lastMs + threads.length * MINUTE_MS);
  const lines: Line[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const [index, thread] of threads.entries()) {
    let agoMs = Math.min(starts[index] ?? lastMs, before - 20 * MINUTE_MS);
    let author = random.below(talk.members.length);
    for (const text of thread) {
      agoMs = Math.max(agoMs - (8 + random.next() ** 3 * 240) * 1_000, 1_000);
      lines.push({ talk: n, turn: lines.length, author: talk.members[author] ?? 0, text, agoMs: Math.round(agoMs) });
      author = (author + 1 + (talk.kind === 'group' ? random.below(talk.members.length - 1) : 0)) % talk.members.length;
    }
    before = agoMs;
  }
  return lines;
}

/** People sleep: what would be in the night is in the evening before. */
function awake(agoMs: number, now: number): number {
  const hour = new Date(now - agoMs).getHours();
  return hour < WAKE_HOUR ? agoMs + (hour + 2) * HOUR_MS : agoMs;
}

/** None comes again before all have been. */
function threadsOf(talk: Talk, count: number, random: Dice): string[][] {
  const all = talk.kind === 'direct' ? BETWEEN_TWO : (IN_GROUPS[talk.topic] ?? BETWEEN_TWO);
  const threads: string[][] = [];
  let deck: Thread[] = [];
  for (let lines = 0; lines < count;) {
    if (deck.length === 0) deck = random.shuffled(all);
    const thread = filled(deck.pop() ?? all[0], random);
    threads.push(thread);
    lines += thread.length;
  }
  return threads;
}

function filled(thread: Thread, random: Dice): string[] {
  const chosen = new Map<string, string>();
  return thread.map((line) =>
    line.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const word = chosen.get(name) ?? random.of(WORDS[name] ?? [name]);
      chosen.set(name, word);
      return word;
    }),
  );
}
