import type { Conversations, Dummy, Person, Place } from '../seed/place.js';
import type { Tally } from '../seed/tally.js';
import type { SetClock } from './clock.js';
import { TALKS, type Line, type Talk } from './plan.js';

export interface Telling {
  place: Place;
  people: readonly Dummy[];
  /** Of a store that is at rest; a running server has the time of now. */
  clock: SetClock | null;
  tally: Tally;
  step: () => void;
}

/** One who is there, and the conversations they had before. */
interface Actor {
  person: Person;
  before: Conversations;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = 30;
/** What the one whom one signs in as finds unread: by conversation, how many. */
const UNREAD: Record<number, number> = { 0: 2, 2: 5, 5: 1, 7: 3, 12: 1 };

/** Tells all of it, the oldest first. What is there already stays as it is. */
export async function tell(telling: Telling, lines: readonly Line[]): Promise<void> {
  const now = Date.now();
  telling.clock?.set(now - FIRST_DAY * DAY_MS);
  const actors = await called(telling);
  const rooms = await Promise.all(TALKS.map((talk) => roomOf(talk, actors)));
  const said = TALKS.map(() => 0);
  for (const line of lines) {
    const talk = TALKS[line.talk];
    const room = rooms[line.talk];
    const actor = actors[line.author];
    if (talk !== undefined && room !== undefined && actor !== undefined && line.turn >= room.have) {
      telling.clock?.set(now - line.agoMs);
      await say(talk, room, actor, actors, line.text);
      said[line.talk] = (said[line.talk] ?? 0) + 1;
      telling.tally.count('messages', 'created');
    }
    telling.step();
  }
  telling.clock?.set(now);
  for (const [n, talk] of TALKS.entries()) {
    const [room, news] = [rooms[n], said[n] ?? 0];
    if (room === undefined) continue;
    const thing = talk.kind === 'direct' ? 'chats' : 'groups';
    telling.tally.count(thing, room.isNew ? 'created' : news > 0 ? 'completed' : 'skipped');
  }
  for (const [number, actor] of actors.entries()) await read(number, actor, actors, rooms, said);
}

async function called({ place, people, tally }: Telling): Promise<Actor[]> {
  const actors: Actor[] = [];
  for (const dummy of people) {
    tally.count('users', (await place.create(dummy)) ? 'created' : 'skipped');
    const person = await place.enter(dummy);
    actors.push({ person, before: await person.conversations() });
  }
  return actors;
}

interface Room {
  /** Of a group; of a chat null, for it is named by who is in it. */
  groupId: string | null;
  isNew: boolean;
  /** How many messages there are. */
  have: number;
}

async function roomOf(talk: Talk, actors: readonly Actor[]): Promise<Room> {
  const [first, ...others] = talk.members.map((number) => actors[number]) as [Actor, ...Actor[]];
  if (talk.kind === 'direct') {
    const [other] = others as [Actor];
    const chat = first.before.chats.find((each) => each.with === other.person.username);
    if (chat === undefined) await first.person.startChat(other.person.username);
    // Whoever tried out blocking meant it.
    return { groupId: null, isNew: chat === undefined, have: chat?.blocked ? Number.POSITIVE_INFINITY : (chat?.ordinal ?? 0) };
  }
  const known = first.before.groups.find(({ name, closed }) => name === talk.name && !closed);
  if (known !== undefined) return { groupId: known.groupId, isNew: false, have: known.ordinal };
  const groupId = await first.person.createGroup(
    talk.name,
    others.map(({ person }) => person.username),
  );
  return { groupId, isNew: true, have: 0 };
}

async function say(talk: Talk, { groupId }: Room, { person }: Actor, actors: readonly Actor[], text: string): Promise<void> {
  if (groupId !== null) return person.writeIn(groupId, text);
  const peer = talk.members.map((number) => actors[number]?.person).find((each) => each !== person);
  if (peer !== undefined) await person.writeTo(peer.username, text);
}

/** People have read what they were told, but for a few; nothing is read where nothing was said. */
async function read(
  number: number,
  { person }: Actor,
  actors: readonly Actor[],
  rooms: readonly Room[],
  said: readonly number[],
): Promise<void> {
  const { chats, groups } = await person.conversations();
  for (const [n, talk] of TALKS.entries()) {
    if ((said[n] ?? 0) === 0 || !talk.members.includes(number)) continue;
    const left = number === 0 ? (UNREAD[n] ?? 0) : (number + n) % 4 === 0 ? 1 : 0;
    const groupId = rooms[n]?.groupId ?? null;
    const peer = talk.members.map((each) => actors[each]?.person).find((each) => each !== person)?.username;
    const its = groupId === null ? chats.find((chat) => chat.with === peer) : groups.find((each) => each.groupId === groupId);
    if (its === undefined || its.lastSeq <= left) continue;
    await person.read('chatId' in its ? { chatId: its.chatId } : { groupId: its.groupId }, its.lastSeq - left);
  }
}
