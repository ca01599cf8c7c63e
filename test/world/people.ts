import {
  createClient,
  ParleyApi,
  type Conversation,
  type OutboxStore,
  type ParleyClient,
  type ParleyClientOptions,
} from '@parley/client/node';
import { expect } from 'vitest';
import type { Reachable } from './server.js';
import { until } from './until.js';

export const PASSWORD = 'correct horse battery';
let people = 0;

export interface DeviceOptions extends Partial<Omit<ParleyClientOptions, 'token'>> {
  outbox?: OutboxStore;
  withPresence?: boolean;
}

/** Somebody with an account and any number of devices, who does what people do. */
export class Person {
  readonly username: string;
  readonly api: ParleyApi;
  readonly #server: Reachable;
  readonly #devices = new Set<ParleyClient>();
  #token = '';

  private constructor(server: Reachable, username: string) {
    this.#server = server;
    this.username = username;
    this.api = new ParleyApi({ url: server.addresses.http });
  }

  /** Registers somebody whose name begins so; stories of one server do not meet. */
  static async register(server: Reachable, name: string): Promise<Person> {
    const person = new Person(server, `${name}-${process.pid}-${++people}`);
    const { token } = await person.api.register({ username: person.username, password: PASSWORD });
    person.#token = token;
    return person;
  }

  get token(): string {
    return this.#token;
  }

  /** A device, connected and synced. */
  async device(options: DeviceOptions = {}): Promise<ParleyClient> {
    const device = this.offlineDevice(options);
    await device.connect();
    return device;
  }

  /** A device that is not connected yet. */
  offlineDevice({ withPresence = false, ...options }: DeviceOptions = {}): ParleyClient {
    const { chat, presence } = this.#server.addresses;
    const device = createClient({
      token: this.#token,
      chatUrl: chat,
      times: { backoff: { baseMs: 20, maxMs: 200 } },
      ...(withPresence && { presenceUrl: presence }),
      ...options,
    });
    this.#devices.add(device);
    return device;
  }

  /** All devices go. */
  async leave(): Promise<void> {
    await Promise.all([...this.#devices].map((device) => device.close()));
    this.#devices.clear();
  }
}

/** What a timeline shows, as text, in its order. */
export const shown = (conversation: Conversation | null): string[] =>
  (conversation?.timeline.messages ?? []).map(({ content, deletedAt }) => (deletedAt === null ? content : '(deleted)'));

/** Waits until the device shows exactly these messages in its chat with somebody. */
export function shows(
  device: ParleyClient,
  find: () => Conversation | null,
  contents: string[],
  withinMs?: number,
): Promise<boolean> {
  return until(
    `${device.me.username ?? 'somebody'} sees ${contents.length > 5 ? `${contents.length} messages` : contents.join(', ')}`,
    () => {
      expect(shown(find())).toEqual(contents);
      return true;
    },
    withinMs,
  );
}

/** Old state + events = freshly fetched state: what the device came to know is what a new one is told. */
export async function agreesWithFresh(person: Person, device: ParleyClient): Promise<void> {
  await until(`${person.username}'s device knows what a fresh one is told`, async () => {
    const fresh = await person.device({ autoAck: false });
    try {
      expect(stateOf(device)).toEqual(stateOf(fresh));
    } finally {
      await fresh.close();
    }
    return true;
  });
}

function stateOf(device: ParleyClient): unknown {
  return Object.fromEntries(device.conversations.map((conversation) => [conversation.id, conversation.summary]));
}
