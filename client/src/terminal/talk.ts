import type { Conversation } from '../conversation.js';
import type { Message } from '../entries.js';
import { ParleyError } from '../errors.js';
import type { Outgoing } from '../outgoing.js';
import { COMMANDS, HELP_LINE, Usage } from './commands.js';
import type { Screen } from './screen.js';
import type { SignedIn } from './sign-in.js';
import { harmless } from './text.js';
import { newsLine, timelineItem, type View } from './views.js';

/** How many lines of a conversation are shown when it is opened. */
const SHOWN_ITEMS = 20;

/** The conversation between a person at a terminal and Parley: lines typed, events shown. */
export class Talk {
  readonly me: SignedIn;
  readonly #screen: Screen;
  readonly #sending = new Set<Promise<unknown>>();
  #open: Conversation | null = null;
  #failures = 0;
  #isOver = false;

  constructor(me: SignedIn, screen: Screen) {
    this.me = me;
    this.#screen = screen;
    const { client } = me;
    client.on('message', ({ conversation, message }) => this.#received(conversation, message));
    client.on('receipt', ({ conversation, username, read }) => this.#receipt(conversation, username, read));
    client.on('typing', ({ conversation, username }) => this.#isOpen(conversation) && this.print(`${username} is typing…`));
    client.on('removed', (conversation) => this.#removed(conversation));
    client.on('error', (error) => this.print(`! ${error.message}`));
    client.on('info', ({ message }) => this.print(`· ${message}`));
    client.on('state', () => this.#screen.isTerminal && this.#showState());
    screen.onTyping((text) => text !== '' && !text.startsWith('/') && this.#open?.sayTyping());
  }

  /** Connects, and takes lines until the input ends. Gives the exit code: 1 if anything failed. */
  async run(): Promise<number> {
    await this.me.client.connect();
    this.print(`Signed in as ${this.me.username}.`, HELP_LINE);
    await COMMANDS['chats']?.run(this, [], '');
    this.#prompt();
    await this.#screen.each((line) => this.#line(line));
    await Promise.allSettled(this.#sending);
    await this.me.client.close();
    return this.#failures === 0 ? 0 : 1;
  }

  get view(): View {
    return { me: this.me.username, width: this.#screen.width, now: Date.now() };
  }

  print(...lines: string[]): void {
    this.#screen.print(...lines);
  }

  /** The open conversation. */
  current(): Conversation {
    if (this.#open === null) throw new Usage('open a conversation first: /open NAME');
    return this.#open;
  }

  group(): Conversation {
    if (this.current().kind !== 'group') throw new Usage('this is not a group');
    return this.current();
  }

  /** Opens by the number in the list, the name of a group, or a username. */
  async open(name: string): Promise<void> {
    const { client, api } = this.me;
    const byNumber = /^\d+$/.test(name) ? client.conversations[Number(name) - 1] : undefined;
    const found =
      byNumber ?? client.chatWith(name) ?? client.conversations.find(({ kind, title }) => kind === 'group' && title === name);
    if (found !== undefined) return this.show(found);
    if (name === '') throw new Usage('expected a number or a name');
    const { chatId } = await api.startChat(name);
    await new Promise<void>((resolve) => {
      if (client.conversation(chatId) !== null) return resolve();
      const stop = client.on('conversation', ({ id }) => {
        if (id !== chatId) return;
        stop();
        resolve();
      });
    });
    const started = client.conversation(chatId);
    if (started !== null) await this.show(started);
  }

  /** Shows a conversation, and reads it. */
  async show(conversation: Conversation): Promise<void> {
    this.#open = conversation;
    await conversation.timeline.open();
    conversation.markRead();
    this.print(
      `== ${conversation.kind === 'group' ? '#' : ''}${harmless(conversation.title)} ==`,
      ...this.#items(conversation, SHOWN_ITEMS),
    );
    this.#prompt();
  }

  async older(): Promise<void> {
    const conversation = this.current();
    const shown = conversation.timeline.items.length;
    if (!(await conversation.timeline.loadOlder())) return this.print('That is all there is.');
    const items = conversation.timeline.items;
    this.print(...items.slice(0, items.length - shown).flatMap((item) => timelineItem(item, conversation, this.view)));
  }

  /** Follows a message to its end; a refusal is shown, and counts. */
  send(outgoing: Outgoing): void {
    const sent = outgoing.sent.catch((error: unknown) => {
      // Closing leaves it in the outbox, to be sent another time.
      if (!(error instanceof ParleyError && error.code === 'closed')) this.#fail(error);
    });
    this.#sending.add(sent);
    void sent.finally(() => this.#sending.delete(sent));
  }

  async changePassword(): Promise<void> {
    const current = (await this.#screen.ask('Current password: ', true)) ?? '';
    const next = (await this.#screen.ask('New password: ', true)) ?? '';
    await this.me.api.changePassword({ current, next });
    this.print('Your password is changed; your other sessions have ended.');
  }

  statusLines(): string[] {
    const { connection, outgoing, unread } = this.me.client;
    const waiting =
      connection.name === 'waiting' ? `, next try in ${Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000))} s` : '';
    return [`${connection.name}${waiting}; ${outgoing.length} not sent yet; ${unread} unread`];
  }

  quit(): void {
    this.#isOver = true;
  }

  async #line(line: string): Promise<boolean> {
    const text = line.trim();
    try {
      if (text.startsWith('/')) await this.#command(text.slice(1));
      else if (text !== '') this.send(this.current().send(text));
    } catch (error) {
      this.#fail(error);
    }
    return !this.#isOver;
  }

  async #command(text: string): Promise<void> {
    const [name = '', ...words] = text.split(/\s+/);
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new Usage(`there is no /${oneWord(name)}; see /help`);
    await command.run(this, words, text.slice(name.length).trim());
  }

  #fail(error: unknown): void {
    this.#failures++;
    if (!(error instanceof Usage || error instanceof ParleyError)) throw error;
    this.print(`! ${harmless(error.message)}`);
  }

  #received(conversation: Conversation, message: Message): void {
    if (this.#isOpen(conversation)) {
      this.print(...timelineItem(message, conversation, this.view));
      conversation.markRead();
    } else if (message.from !== this.me.username) {
      this.print(newsLine(conversation, message, this.view));
    }
  }

  #receipt(conversation: Conversation, username: string, read: number): void {
    if (this.#isOpen(conversation) && read >= conversation.lastSeq) this.print(`✓✓ ${username} has read everything`);
  }

  #removed(conversation: Conversation): void {
    this.print(`You are no longer in ${harmless(conversation.title)}.`);
    if (!this.#isOpen(conversation)) return;
    this.#open = null;
    this.#prompt();
  }

  #showState(): void {
    const [line] = this.statusLines();
    this.print(`· ${line ?? ''}`);
  }

  #items(conversation: Conversation, count: number): string[] {
    return conversation.timeline.items.slice(-count).flatMap((item) => timelineItem(item, conversation, this.view));
  }

  #isOpen(conversation: Conversation): boolean {
    return this.#open === conversation;
  }

  #prompt(): void {
    this.#screen.setPrompt(`${this.#open === null ? '' : harmless(this.#open.title)}> `);
  }
}

const oneWord = (text: string) => harmless(text).slice(0, 20);
