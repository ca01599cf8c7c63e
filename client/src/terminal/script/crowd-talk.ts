import { ParleyError } from '../../errors.js';
import type { Screen } from '../screen.js';
import { bad, dim, good, name, type Row } from '../text/row.js';
import { Usage, Words } from '../words.js';
import { TookTooLong } from './actor.js';
import { findingsText, isRight } from './crowd-check.js';
import type { Crowd, Head } from './crowd.js';
import { timesText } from './percentile.js';

const SETTLE_MS = 10_000;

interface CrowdCommand {
  usage: string;
  about: string;
  run(talk: CrowdTalk, words: Words): Promise<void> | void;
}

const COMMANDS: Record<string, CrowdCommand> = {
  people: { usage: '/people', about: 'who is there, and how they are connected', run: (talk) => talk.showPeople() },
  burst: { usage: '/burst [COUNT]', about: 'all talk at once', run: (talk, words) => talk.burst(words.number() ?? 10) },
  drop: {
    usage: '/drop NUMBER',
    about: 'cuts somebody’s connection',
    run: (talk, words) => talk.head(words).device.cable.drop(),
  },
  mute: { usage: '/mute NUMBER', about: 'somebody stops reading', run: (talk, words) => talk.head(words).device.cable.mute() },
  unmute: { usage: '/unmute NUMBER', about: '… and goes on', run: (talk, words) => talk.head(words).device.cable.unmute() },
  check: { usage: '/check', about: 'whether everybody has everything, once, in one order', run: (talk) => talk.check() },
  help: { usage: '/help', about: 'this list', run: (talk) => talk.help() },
};

/** A person makes a crowd talk. */
export class CrowdTalk {
  readonly #crowd: Crowd;
  readonly #screen: Screen;
  #isRight = true;

  constructor(crowd: Crowd, screen: Screen) {
    this.#crowd = crowd;
    this.#screen = screen;
    const [first] = crowd.heads;
    first?.device.client.on('message', ({ message }) =>
      screen.print([dim(`${message.seq} `), name(message.from), `: ${message.content}`]),
    );
  }

  /** Gives the exit code: 1 if something was not as it should be. */
  async run(): Promise<number> {
    this.showPeople();
    this.help();
    this.#screen.setPrompt('group> ');
    await this.#screen.each((line) => this.#line(line.trim()));
    await this.check();
    return this.#isRight ? 0 : 1;
  }

  showPeople(): void {
    this.#print(
      ...this.#crowd.heads.map(({ username, device }, index): Row => [
        dim(`${index + 1}. `),
        name(username),
        ` ${device.client.state}`,
      ]),
    );
  }

  help(): void {
    this.#print(...Object.values(COMMANDS).map(({ usage, about }) => `${usage} — ${about}`));
    this.#print('NUMBER TEXT lets somebody say something, TEXT alone the first; the end of input, or /quit, ends it.');
  }

  async burst(count: number): Promise<void> {
    await this.#crowd.burst(count);
    this.#print(dim(`stored after ${timesText(this.#crowd.times.stored)}; shown after ${timesText(this.#crowd.times.shown)}`));
  }

  async check(): Promise<void> {
    await this.#crowd.settle(SETTLE_MS).catch((error: unknown) => this.#wrong(error));
    for (const findings of this.#crowd.check()) {
      const tone = isRight(findings) ? good : bad;
      this.#print([tone(isRight(findings) ? '✓ ' : '✗ '), findingsText(findings)]);
      this.#isRight &&= isRight(findings);
    }
    this.#print(`${this.#crowd.saidCount} messages were said`);
  }

  head(words: Words): Head {
    const head = this.#crowd.heads[(words.number() ?? 0) - 1];
    if (head === undefined) throw new Usage(`expected a number from 1 to ${this.#crowd.heads.length}`);
    return head;
  }

  async #line(line: string): Promise<boolean> {
    if (line === '/quit') return false;
    try {
      if (line.startsWith('/')) await this.#command(new Words(line.slice(1)));
      else if (line !== '') await this.#say(new Words(line));
    } catch (error) {
      this.#wrong(error);
    }
    return true;
  }

  async #command(words: Words): Promise<void> {
    const command = words.next();
    if (!Object.hasOwn(COMMANDS, command)) throw new Usage('there is no such command; see /help');
    await COMMANDS[command]?.run(this, words);
  }

  async #say(words: Words): Promise<void> {
    const [first] = this.#crowd.heads;
    const number = words.number();
    const head = number === null ? first : this.#crowd.heads[number - 1];
    if (head === undefined) throw new Usage(`expected a number from 1 to ${this.#crowd.heads.length}`);
    await this.#crowd.say(head, words.needRest('TEXT'));
  }

  /** A slip of the person at a terminal is none of the server. */
  #wrong(error: unknown): void {
    if (!(error instanceof Usage || error instanceof ParleyError || error instanceof TookTooLong)) throw error;
    if (!(error instanceof Usage && this.#screen.isTerminal)) this.#isRight = false;
    this.#print([bad('! '), error.message]);
  }

  #print(...rows: Row[]): void {
    this.#screen.print(...rows);
  }
}
