import { Refusal, type ChatCommandInput, type ErrorCode } from '@parley/protocol';
import { ChatSocket } from './chat-socket.js';
import { loginCommand } from './login-command.js';
import { patiently } from './patience.js';
import { wholeInbox, type Conversations, type Dummy, type Person, type Place } from './place.js';
import { ServerApi } from './server-api.js';

/** A running server: everybody acts as themselves, through its doors and within its limits. */
export class ServerPlace implements Place {
  readonly about: string;
  readonly #api: ServerApi;
  /** Those who are signed in, by username. */
  readonly #people = new Map<string, ServerPerson>();

  constructor(url: string) {
    this.#api = new ServerApi(url);
    this.about = `the server at ${this.#api.url}`;
  }

  login(dummy: Dummy): string {
    return loginCommand(dummy, ['--url', this.#api.url]);
  }

  /** A registration that is refused counts for the limit too, so it is first looked whether there is one of the name. */
  async create(dummy: Dummy): Promise<boolean> {
    if (await this.#exists(dummy)) return false;
    const registered = await unless('username_taken', this.#api.register(dummy));
    if (registered === null) return false;
    this.#people.set(dummy.username, new ServerPerson(this.#api, dummy.username, registered.token));
    return true;
  }

  async enter(dummy: Dummy): Promise<Person> {
    const person = this.#people.get(dummy.username) ?? (await this.#signIn(dummy));
    if (person !== null) return person;
    throw new Error(`${dummy.username} is there, with another password: say it with --password, or use another --prefix`);
  }

  async close(): Promise<void> {
    for (const person of this.#people.values()) await person.leave();
  }

  async #exists(dummy: Dummy): Promise<boolean> {
    const [somebody] = this.#people.values();
    if (somebody === undefined) return (await this.#signIn(dummy)) !== null;
    return (await unless('not_found', this.#api.user(somebody.token, dummy.username))) !== null;
  }

  async #signIn(dummy: Dummy): Promise<ServerPerson | null> {
    const signedIn = await unless('wrong_credentials', this.#api.login(dummy));
    if (signedIn === null) return null;
    const person = new ServerPerson(this.#api, signedIn.user.username, signedIn.token);
    this.#people.set(dummy.username, person);
    return person;
  }
}

class ServerPerson implements Person {
  readonly username: string;
  readonly token: string;
  readonly #api: ServerApi;
  #socket: Promise<ChatSocket> | null = null;

  constructor(api: ServerApi, username: string, token: string) {
    this.#api = api;
    this.username = username;
    this.token = token;
  }

  conversations(): Promise<Conversations> {
    return wholeInbox((cursor) => this.#api.inbox(this.token, cursor));
  }

  async startChat(username: string): Promise<void> {
    await this.#api.startChat(this.token, username);
  }

  async createGroup(name: string, members: string[]): Promise<string> {
    return (await this.#api.createGroup(this.token, name, members)).groupId;
  }

  writeTo(username: string, text: string): Promise<void> {
    return this.#send({ type: 'ONE_TO_ONE_CHAT', to: username, content: text });
  }

  writeIn(groupId: string, text: string): Promise<void> {
    return this.#send({ type: 'GROUP_CHAT', groupId, content: text });
  }

  read(conversation: { chatId: string } | { groupId: string }, upTo: number): Promise<void> {
    return this.#send({ type: 'READ', ...conversation, upTo });
  }

  /** Signs out: the session of a seed is of no use to anybody. */
  async leave(): Promise<void> {
    (await this.#socket)?.close();
    await this.#api.logout(this.token);
  }

  async #send(command: ChatCommandInput): Promise<void> {
    this.#socket ??= ChatSocket.open(`${this.#api.url.replace(/^http/, 'ws')}/ws/chat`, this.token);
    const socket = await this.#socket;
    await patiently('LIMIT_MESSAGES_PER_S', () => socket.send(command));
  }
}

/** Null for this refusal; any other goes on. */
async function unless<T>(code: ErrorCode, asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal && error.code === code) return null;
    throw error;
  }
}
