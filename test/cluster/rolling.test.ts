import { expect, onTestFinished, test } from 'vitest';
import { createClient, ParleyApi, type ParleyClient } from '@parley/client/node';
import { freshDatabase } from '../world/fresh.js';
import { call } from '../world/http.js';
import { PASSWORD } from '../world/people.js';
import { startCluster, STARTING_MS, type StartedCluster } from '../world/start-cluster.js';
import { upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const PEOPLE = 24;
const SAYS_EVERY_MS = 250;
const ASKS_EVERY_MS = 50;
/** No client waits for longer: for the SUCCESS of what it sent, to be connected again, for an answer of the API. */
const WAITS_MAX_MS = 5_000;
const REPLACING_MS = 120_000;
const NAMES = ['api-1', 'chat-1', 'chat-2', 'presence-1', 'worker-1'];

const replaced = (name: string) => `${name}: replaced (the old one: exit 0)`;

/** What the first step of the next version would do: it only adds. */
const NEXT_VERSION = `
  ALTER TABLE accounts ADD COLUMN nickname text;
  ALTER TABLE conversations ADD COLUMN topic text;
  ALTER TABLE memberships ADD COLUMN muted_until bigint;
  ALTER TABLE journal ADD COLUMN colour text;
  CREATE TABLE reactions (conversation_id text, seq bigint, user_id text, PRIMARY KEY (conversation_id, seq, user_id));
  INSERT INTO kysely_migration (name, timestamp) VALUES ('0999_add_reactions', '2030-01-01T00:00:00.000Z')`;

/** Somebody with a device as the SDK makes it, and how long it had to wait. */
class Member {
  readonly received: string[] = [];
  readonly said: string[] = [];
  longestMs = 0;
  readonly #confirmed: Promise<unknown>[] = [];

  private constructor(
    readonly name: string,
    readonly device: ParleyClient,
  ) {
    device.on('message', ({ message }) => this.received.push(`${message.from} ${message.content}`));
    let lostAt: number | null = null;
    device.on('state', ({ name: state }) => {
      if (state === 'waiting') lostAt ??= performance.now();
      if (state !== 'live' || lostAt === null) return;
      this.#waited(lostAt);
      lostAt = null;
    });
  }

  static async of({ http, chat, presence }: StartedCluster, name: string): Promise<Member> {
    const { token } = await new ParleyApi({ url: http }).register({ username: name, password: PASSWORD });
    const device = createClient({ token, chatUrl: chat, presenceUrl: presence, catchUp: 'all' });
    onTestFinished(() => device.close());
    const member = new Member(name, device);
    await until(`${name} is in`, () => device.connect().then(() => true), STARTING_MS);
    return member;
  }

  says(to: string): void {
    const content = `${this.said.length}`;
    this.said.push(content);
    const at = performance.now();
    this.#confirmed.push(this.device.sendTo(to, content).sent.then(() => this.#waited(at)));
  }

  /** All that was said is confirmed. */
  async isDone(): Promise<void> {
    await Promise.all(this.#confirmed);
  }

  #waited(since: number): void {
    this.longestMs = Math.max(this.longestMs, performance.now() - since);
  }
}

/** Asks the API again and again as a client does that does not give up; gives the longest that an answer took. */
function asking(http: string): () => Promise<number> {
  let stopped = false;
  const run = (async () => {
    let longestMs = 0;
    while (!stopped) {
      const at = performance.now();
      await until('the API answers', async () => (await call(http, 'GET', '/health')).status === 200, 2 * WAITS_MAX_MS);
      longestMs = Math.max(longestMs, performance.now() - at);
      await new Promise((resolve) => setTimeout(resolve, ASKS_EVERY_MS));
    }
    return longestMs;
  })();
  run.catch(() => undefined);
  return () => {
    stopped = true;
    return run;
  };
}

test(
  'D10 D4 every process of every role replaced under traffic, beside a newer schema: nothing lost or doubled, nobody waits for five seconds',
  { timeout: 240_000 },
  async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const cluster = await startCluster({ POSTGRES_URL: database.url });
    const members = await Promise.all(upTo(PEOPLE).map((n) => Member.of(cluster, `member-${n}`)));
    const nextTo = (n: number) => members[(n + 1) % PEOPLE] as Member;
    const talk = setInterval(() => members.forEach((member, n) => member.says(nextTo(n).name)), SAYS_EVERY_MS);
    onTestFinished(() => clearInterval(talk));
    const stopAsking = asking(cluster.http);
    await until('they talk', () => members.every(({ received }) => received.length > 10));

    const before = new Map(cluster.processes);
    expect([...before.keys()].sort()).toEqual(NAMES);
    cluster.child.kill('SIGHUP');
    await until('the first is replaced', () => cluster.printed.includes(replaced('worker-1')), REPLACING_MS);
    await database.run(NEXT_VERSION);
    await until('all are', () => cluster.printed.includes('all processes have been replaced'), REPLACING_MS);
    expect(cluster.printed).toEqual(expect.arrayContaining(NAMES.map(replaced)));
    for (const name of NAMES) expect(cluster.processes.get(name)).not.toBe(before.get(name));
    const after = members.map(({ received }) => received.length);
    await until('they talk on', () => members.every(({ received }, n) => received.length > (after[n] ?? 0) + 10));

    clearInterval(talk);
    await Promise.all(members.map((member) => member.isDone()));
    for (const [n, member] of members.entries()) {
      const to = nextTo(n);
      const heard = () => to.received.filter((line) => line.startsWith(`${member.name} `));
      await until(`${to.name} has all`, () => heard().length >= member.said.length);
      // Each once, in order.
      expect(heard()).toEqual(member.said.map((content) => `${member.name} ${content}`));
    }
    expect(Math.max(...members.map(({ longestMs }) => longestMs))).toBeLessThan(WAITS_MAX_MS);
    expect(await stopAsking()).toBeLessThan(WAITS_MAX_MS);
    const [ann, bob] = members as [Member, Member];
    await until('Ann sees Bob, by a presence process that is there now', () => {
      const { status, isStale } = ann.device.presence.of(bob.name);
      return status === 'online' && !isStale;
    });
    // Nobody was started but in place of another one.
    expect(cluster.printed.filter((line) => line.includes('starting it again'))).toEqual([]);
  },
);
