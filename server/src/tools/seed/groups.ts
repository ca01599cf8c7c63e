import type { Called } from './cast.js';
import { fill, type Scene } from './scene.js';
import { groupLine, groupName } from './small-talk.js';

/** People who take turns in being in groups; more only where one group needs more. */
const POOL = 50;

export interface GroupsWanted {
  count: number;
  members: number;
  messages: number;
}

/** Groups of neighbours by number; the first of each is its owner. A group is known by its owner and its name. */
export async function seedGroups(scene: Scene, { count, members, messages }: GroupsWanted): Promise<void> {
  for (let index = 0; index < count; index++) {
    const called: Called[] = [];
    for (const number of membersOf(index, members)) called.push(await scene.cast.call(number));
    await seedGroup(scene, groupName(index), called, index, messages);
    scene.step();
  }
}

/** The highest number of a dummy who is in one of these groups. */
export function lastInGroups({ count, members }: GroupsWanted): number {
  return Math.min(count + members - 1, poolFor(members));
}

async function seedGroup(scene: Scene, name: string, called: Called[], topic: number, messages: number): Promise<void> {
  const [owner, ...others] = called;
  if (owner === undefined) throw new Error('a group has an owner');
  const known = owner.before.groups.find((group) => group.name === name && !group.closed);
  const usernames = others.map(({ person }) => person.username);
  const groupId = known?.groupId ?? (await owner.person.createGroup(name, usernames));
  await fill(scene, 'groups', { created: known === undefined, have: known?.ordinal ?? 0, want: messages }, (turn) => {
    const { person } = called[turn % called.length] ?? owner;
    return person.writeIn(groupId, groupLine(topic, turn));
  });
}

const poolFor = (members: number) => Math.max(POOL, members);

function membersOf(index: number, members: number): number[] {
  return Array.from({ length: members }, (_, place) => ((index + place) % poolFor(members)) + 1);
}
