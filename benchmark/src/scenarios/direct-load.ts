import type { Pace, Plan, Stream } from '../generator/plan.js';
import type { Lab } from '../lab.js';
import { measureLoad, type MeasuredLoad } from '../runner/measured-load.js';
import type { ParleyServer } from '../runner/parley-server.js';
import { registerPeople, startChat, type Person } from '../runner/people.js';

/** What a one-to-one load has to know. */
export interface DirectSettings {
  users: number;
  bytes: number;
  seconds: number;
}

const WARM_UP_MS = 4_000;

/** The people of a load and who writes to whom. */
export interface Chats {
  people: Person[];
  streams: Stream[];
}

/** Registers people and starts a chat for each two of them. */
export async function openChats(lab: Lab, server: ParleyServer, users: number): Promise<Chats> {
  lab.progress.step(`direct: registering ${users} people`);
  const people = await registerPeople(server.httpUrl, users, (done) => lab.progress.now(`${done} of ${users}`));
  const streams: Stream[] = [];
  for (let i = 0; i + 1 < people.length; i += 2) {
    const [one, other] = [people[i], people[i + 1]];
    if (one === undefined || other === undefined) break;
    const conversationId = await startChat(server.httpUrl, one, other);
    streams.push(
      { kind: 'direct', client: i, conversationId, to: other.username },
      { kind: 'direct', client: i + 1, conversationId, to: one.username },
    );
  }
  return { people, streams };
}

/** One load over the chats. */
export function runDirect(
  lab: Lab,
  server: ParleyServer,
  chats: Chats,
  settings: DirectSettings,
  pace: Pace,
): Promise<MeasuredLoad> {
  const how = pace.kind === 'rate' ? `${pace.perS} messages a second` : `saturation, ${pace.inFlight} unanswered each`;
  lab.progress.step(`direct: ${how}, ${settings.seconds} s`);
  return measureLoad(server, parleyPlan(chats, settings, pace, server.chat), lab.progress);
}

/** What the generator does to a Parley server: these people, these streams, this pace. */
export function parleyPlan(
  { people, streams }: { people: readonly Person[]; streams: Stream[] },
  { bytes, seconds }: Pick<DirectSettings, 'bytes' | 'seconds'>,
  pace: Pace,
  address: Pick<Plan, 'host' | 'port' | 'path'>,
): Plan {
  return {
    dialect: 'parley',
    ...address,
    clients: people.map(({ token }) => ({ token })),
    connectingAtOnce: 50,
    streams,
    contentBytes: bytes,
    pace,
    warmUpMs: WARM_UP_MS,
    measureMs: seconds * 1_000,
  };
}
