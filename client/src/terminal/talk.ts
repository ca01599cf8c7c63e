import type { Conversation } from '../conversation.js';
import { ParleyError } from '../errors.js';
import { announce } from './announce.js';
import { COMMANDS, completions, HELP_LINE } from './commands/table.js';
import type { Me } from './me.js';
import { Room } from './room.js';
import type { Screen } from './screen.js';
import { holds, settled } from './settled.js';
import { bad, dim, type Row } from './text/row.js';
import { cut } from './text/width.js';
import { conversationList } from './views/conversation-list.js';
import { promptText } from './views/prompt.js';
import type { View } from './views/view.js';
import { Usage, Words } from './words.js';

const LAST_WAIT_MS = 2_000;

export interface TalkOptions {
  /** Where lines come from a pipe: how long the server may take to be there, and then for all that was said. */
  waitMs: number;
}

/** The talk between a person at a terminal and Parley: lines typed, events shown. */
export class Talk {
  readonly me: Me;
  readonly screen: Screen;
  readonly room: Room;
  readonly #options: TalkOptions;
  #failures = 0;
  #isOver = false;

  constructor(me: Me, screen: Screen, options: TalkOptions) {
    this.me = me;
    this.screen = screen;
    this.#options = options;
    this.room = new Room(me, screen);
    announce(this);
    screen.serve({
      typed: (line) => line !== '' && !line.startsWith('/') && this.room.sayTyping(),
      keeps: (line) => this.room.title === null || (line.startsWith('/') && !line.startsWith('//')),
      completions: (line) => completions(line, this.conversations),
    });
  }

  /** Connects, and takes lines until the input ends. Gives the exit code: in a pipe 1 if anything failed. */
  async run(): Promise<number> {
    this.refresh();
    const connected = this.#connect();
    if (!this.screen.isTerminal) await connected;
    await this.screen.each((line) => this.#line(line));
    await settled(this.me.client, this.screen.isTerminal ? this.#lastWaitMs : this.#options.waitMs);
    this.#sayWhatIsUnsent();
    await this.me.client.close();
    await this.me.cable.end();
    return this.#failures > 0 && !this.screen.isTerminal ? 1 : 0;
  }

  get view(): View {
    return { me: this.me.username, width: this.screen.width, now: Date.now() };
  }

  get conversations(): readonly Conversation[] {
    return this.me.client.conversations;
  }

  print(...rows: Row[]): void {
    this.screen.print(...rows);
  }

  /** Says what went wrong. What is neither a refusal nor a slip of the person is a bug, and thrown. */
  fail(error: unknown): void {
    if (!(error instanceof Usage || error instanceof ParleyError)) throw error;
    this.failed([bad('! '), error.message]);
  }

  /** Something did not work: said, and counted. */
  failed(...rows: Row[]): void {
    this.#failures += 1;
    this.print(...rows);
  }

  /** What the prompt tells has changed. */
  refresh(): void {
    const { client } = this.me;
    const { title, typing, mark } = this.room;
    const here = this.conversations.find((conversation) => this.room.has(conversation));
    const unreadElsewhere = client.unread - (here?.unread ?? 0);
    const { width } = this.screen;
    this.screen.setPrompt(promptText({ isLive: client.state === 'live', title, typing, mark, unreadElsewhere, width }));
  }

  showConversations(): void {
    this.print(...conversationList(this.conversations, (username) => this.me.client.presence.of(username), this.view));
  }

  /** The end of the talk: the line that is being worked on is the last. */
  quit(): void {
    this.#isOver = true;
    this.screen.close();
  }

  /** A person who ends the program does not wait long, and not at all for a connection that is not there. */
  get #lastWaitMs(): number {
    return this.me.client.state === 'live' ? LAST_WAIT_MS : 0;
  }

  /** In a terminal the person may begin at once; what is typed before the connection is there is sent when it is. */
  async #connect(): Promise<void> {
    const { client, username } = this.me;
    const hint = this.screen.isTerminal ? ` · ${HELP_LINE}` : '';
    const connected = client.connect().then(
      () => {
        this.print(dim(`· you are ${username}${hint}`));
        if (this.screen.isTerminal) this.showConversations();
      },
      (error: unknown) => this.#connectFailed(error),
    );
    if (this.screen.isTerminal) return connected;
    const isLate = !(await holds(client, () => client.state === 'live' || client.state === 'closed', this.#options.waitMs));
    if (isLate) this.print(dim('· no connection yet: what is said waits for it'));
  }

  /** A session that was closed is told by `announce`. */
  #connectFailed(error: unknown): void {
    if (!(error instanceof ParleyError)) throw error;
    if (error.code !== 'not_authenticated' && error.code !== 'closed') this.fail(error);
    this.quit();
  }

  async #line(line: string): Promise<boolean> {
    const text = line.trim();
    try {
      if (/^\/[^/]/.test(text)) await this.#command(text.slice(1));
      // `//` begins a message with a slash.
      else if (text !== '') this.room.send(text.startsWith('//') ? text.slice(1) : text);
    } catch (error) {
      this.fail(error);
    }
    this.refresh();
    return !this.#isOver;
  }

  async #command(text: string): Promise<void> {
    const words = new Words(text);
    const name = words.next();
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new Usage(`there is no /${cut(name, 20)}; /help lists what there is`);
    if (!this.screen.isTerminal) await this.#inOrder();
    await command.run(this, words);
  }

  /** A script counts on it that a command comes after what was said before it; a person does not wait. */
  async #inOrder(): Promise<void> {
    if (this.me.client.state === 'live') await settled(this.me.client, this.#options.waitMs);
  }

  #sayWhatIsUnsent(): void {
    const { length } = this.me.client.outgoing;
    if (length === 0) return;
    const fate = this.me.isDurable ? 'kept, and sent next time' : 'lost, for there is no --state folder to keep them in';
    this.failed(dim(`· ${length} unsent: ${fate}`));
  }
}
