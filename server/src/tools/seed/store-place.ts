import type { Caller } from '../../chat/caller.js';
import type { Passwords } from '../../ports/passwords.js';
import type { Runtime } from '../../ports/runtime.js';
import type { OpenChat } from '../open-chat.js';
import { loginCommand } from './login-command.js';
import { wholeInbox, type Conversations, type Dummy, type Person, type Place } from './place.js';

const INBOX_PAGE = 200;

/** The store itself, while no server has it: no limits, no tokens. */
export class StorePlace implements Place {
  readonly about: string;
  readonly #chat: OpenChat;
  readonly #passwords: Passwords;
  readonly #runtime: Runtime;
  /** Password → its hash: all dummies of a run may share one, which is what takes the time. */
  readonly #hashes = new Map<string, Promise<string>>();

  constructor(dataDir: string, { chat, passwords, runtime }: { chat: OpenChat; passwords: Passwords; runtime: Runtime }) {
    this.about = `the store in ${dataDir}`;
    this.#chat = chat;
    this.#passwords = passwords;
    this.#runtime = runtime;
  }

  login(dummy: Dummy): string {
    return `npm start, and in another terminal: ${loginCommand(dummy)}`;
  }

  async create({ username, displayName, password }: Dummy): Promise<boolean> {
    if ((await this.#chat.names.idOf(username)) !== null) return false;
    return this.#chat.accounts.create({
      id: this.#runtime.id(),
      username,
      displayName,
      colour: null,
      passwordHash: await this.#hash(password),
      admin: false,
      invisible: false,
      lastSeen: null,
      closedAt: null,
      suspendedAt: null,
      createdAt: this.#runtime.now(),
    });
  }

  async enter({ username }: Dummy): Promise<Person> {
    const userId = await this.#chat.names.idOf(username);
    if (userId === null) throw new Error(`there is no user ${username}`);
    return new StorePerson(this.#chat, { userId, username: this.#chat.names.of(userId), sessionId: '' });
  }

  close(): Promise<void> {
    return this.#chat.close();
  }

  #hash(password: string): Promise<string> {
    const hash = this.#hashes.get(password) ?? this.#passwords.hash(password);
    this.#hashes.set(password, hash);
    return hash;
  }
}

class StorePerson implements Person {
  readonly #chat: OpenChat;
  readonly #caller: Caller;

  constructor(chat: OpenChat, caller: Caller) {
    this.#chat = chat;
    this.#caller = caller;
  }

  get username(): string {
    return this.#caller.username;
  }

  conversations(): Promise<Conversations> {
    return wholeInbox((cursor) => this.#chat.inbox.read(this.#caller, { cursor, limit: INBOX_PAGE }));
  }

  async startChat(username: string): Promise<void> {
    await this.#chat.chats.start(this.#caller, username);
  }

  async createGroup(name: string, members: string[]): Promise<string> {
    const group = { name, members, access: 'open', visibility: 'all' } as const;
    return (await this.#chat.groups.create(this.#caller, group)).groupId;
  }

  async writeTo(username: string, text: string): Promise<void> {
    const command = { type: 'ONE_TO_ONE_CHAT', to: username, content: text } as const;
    await (
      await this.#chat.messages.sendDirect(this.#caller, command)
    ).committed;
  }

  async writeIn(groupId: string, text: string): Promise<void> {
    const command = { type: 'GROUP_CHAT', groupId, content: text } as const;
    await (
      await this.#chat.messages.sendGroup(this.#caller, command)
    ).committed;
  }

  read(conversation: { chatId: string } | { groupId: string }, upTo: number): Promise<void> {
    return this.#chat.receipts.read(this.#caller, { ...conversation, upTo });
  }
}
