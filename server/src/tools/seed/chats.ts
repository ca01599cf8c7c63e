import { fill, type Scene } from './scene.js';
import { chatLine } from './small-talk.js';

export interface ChatsWanted {
  count: number;
  messages: number;
}

/** Direct chats among as few people as have so many pairs, so that each person has several. */
export async function seedChats(scene: Scene, { count, messages }: ChatsWanted): Promise<void> {
  let topic = 0;
  for (const pair of pairs(count)) {
    await seedChat(scene, pair, topic++, messages);
    scene.step();
  }
}

/** The highest number of a dummy who is in one of so many chats. */
export function lastInChats(count: number): number {
  return pairs(count).reduce((last, [, higher]) => Math.max(last, higher), 0);
}

async function seedChat(scene: Scene, [a, b]: Pair, topic: number, messages: number): Promise<void> {
  const [first, second] = [await scene.cast.call(a), await scene.cast.call(b)];
  const people = [first.person, second.person] as const;
  const known = first.before.chats.find((chat) => chat.with === second.person.username);
  if (known === undefined) await first.person.startChat(second.person.username);
  // Whoever tried out blocking meant it.
  const have = known?.blocked ? messages : (known?.ordinal ?? 0);
  await fill(scene, 'chats', { created: known === undefined, have, want: messages }, (turn) => {
    const [from, to] = turn % 2 === 0 ? people : ([people[1], people[0]] as const);
    return from.writeTo(to.username, chatLine(topic, turn));
  });
}

type Pair = readonly [lower: number, higher: number];

/** (1,2), (1,3), (2,3), (1,4) …: a longer list begins with the shorter, so that a larger run goes on from a smaller. */
function pairs(count: number): Pair[] {
  const all: Pair[] = [];
  for (let higher = 2; all.length < count; higher++) {
    for (let lower = 1; lower < higher && all.length < count; lower++) all.push([lower, higher]);
  }
  return all;
}
