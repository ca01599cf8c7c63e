import { randomBytes } from 'node:crypto';
import { Tokens } from '../../../server/dist/edge/tokens.js';
import { openEmbedded } from '../../../server/dist/embedded/open.js';
import { Metrics } from '../../../server/dist/host/metrics.js';
import { processRuntime as runtime } from '../../../server/dist/host/runtime.js';
import type { Stores } from '../../../server/dist/ports/stores.js';
import type { Person } from '../runner/people.js';
import type { Order, SeededChat } from './order.js';

const AT_ONCE = 2_000;
const TOKEN_TTL_MS = 86_400_000;

type Tell = (what: string) => void;

/** Somebody in the store. */
export interface Seeded {
  id: string;
  person: Person;
}

/** What the message of a number says. */
export type Say = (number: number, bytes: number) => { content: string; clientId: string };

const repetitive: Say = (number, bytes) => ({
  content: `${number} `.padEnd(bytes, 'the quick brown fox jumps over the lazy dog '),
  clientId: `seed-${number}`,
});

/** Random letters, which compress less than anything that people write, and a client id as the SDK makes them. */
export const random: Say = (_, bytes) => ({
  content: randomBytes(bytes).toString('base64').slice(0, bytes),
  clientId: runtime.id(),
});

/** Stores that somebody closes. */
export type OpenStores = Stores & { close(): Promise<void> };

/** A store that is filled by the server's own code, past its doors: only for what takes too long through them. */
export class SeededStore {
  readonly #stores: OpenStores;
  readonly #tokens: Tokens;
  #people = 0;

  constructor(stores: OpenStores, jwtSecret: string) {
    this.#stores = stores;
    this.#tokens = new Tokens(jwtSecret, { check: async () => null }, runtime);
  }

  static async open({ dataDir, jwtSecret }: Order): Promise<SeededStore> {
    const onFatal = (error: Error) => {
      throw error;
    };
    return new SeededStore(await openEmbedded({ dataDir, runtime, meter: new Metrics(), onFatal }), jwtSecret);
  }

  async addPeople(count: number, tell: Tell): Promise<Person[]> {
    const people: Person[] = [];
    while (people.length < count) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - people.length) }, () => this.#addPerson());
      people.push(...(await Promise.all(some)).map(({ person }) => person));
      tell(`${people.length} of ${count} people`);
    }
    return people;
  }

  /** Somebody who may read several chats. */
  addReader(): Promise<Seeded> {
    return this.#addPerson();
  }

  /** A chat of so many messages, sent in turn by its two. */
  async addChat(
    messages: number,
    contentBytes: number,
    tell: Tell,
    more: { say?: Say; reader?: Seeded } = {},
  ): Promise<SeededChat> {
    const { say = repetitive, reader } = more;
    const [one, other] = [reader ?? (await this.#addPerson()), await this.#addPerson()];
    const opened = await this.#stores.conversations.openDirect(one.id, other.id, runtime.id(), runtime.now());
    if (opened === null) throw new Error('two strangers have blocked each other');
    const send = (number: number) => this.#send(opened.id, number % 2 === 0 ? one.id : other.id, say(number, contentBytes));
    for (let sent = 0; sent < messages; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, messages - sent) }, (_, i) => send(sent + i)));
      tell(`${sent} of ${messages} messages`);
    }
    return { chatId: opened.id, reader: one.person, other: other.person, messages };
  }

  close(): Promise<void> {
    return this.#stores.close();
  }

  async #send(conversationId: string, senderId: string, said: ReturnType<Say>): Promise<void> {
    await this.#stores.log.append({
      kind: 'send',
      conversationId,
      senderId,
      messageId: runtime.id(),
      ...said,
      at: runtime.now(),
    });
  }

  async #addPerson(): Promise<Seeded> {
    const [id, sessionId, now] = [runtime.id(), runtime.id(), runtime.now()];
    const username = `seeded${String(this.#people++).padStart(6, '0')}`;
    const account = {
      id,
      username,
      displayName: null,
      colour: null,
      passwordHash: 'nobody signs in',
      admin: false,
      invisible: false,
      lastSeen: null,
      closedAt: null,
      suspendedAt: null,
      createdAt: now,
    };
    if (!(await this.#stores.accounts.create(account))) throw new Error(`${username} is taken`);
    const expiresAt = now + TOKEN_TTL_MS;
    await this.#stores.sessions.create({
      id: sessionId,
      userId: id,
      createdAt: now,
      lastUsedAt: now,
      expiresAt,
      userAgent: null,
      address: null,
    });
    const token = await this.#tokens.issue({ userId: id, username, sessionId, expiresAt });
    return { id, person: { username, token } };
  }
}
