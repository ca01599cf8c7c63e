import { ParleyError } from '../../errors.js';
import type { Me } from '../me.js';
import type { Screen } from '../screen.js';
import { bad, dim } from '../text/row.js';
import { connectionRow } from '../views/news.js';
import { presenceRow } from '../views/people.js';
import { Usage, Words } from '../words.js';

const HELP =
  '/away, /back, /invisible: how you are shown · /watch NAME …: people of your groups too · /friends · /drop, /mute, /unmute, /reconnect · /quit';

/** Shows who comes and goes, as it happens. */
export class PresenceTalk {
  readonly #me: Pick<Me, 'username' | 'api' | 'client' | 'cable'>;
  readonly #screen: Screen;
  #failures = 0;

  constructor(me: Pick<Me, 'username' | 'api' | 'client' | 'cable'>, screen: Screen) {
    this.#me = me;
    this.#screen = screen;
    const { client } = me;
    client.on('presence', ({ username, ...presence }) => screen.print(presenceRow(username, presence, Date.now())));
    client.on('error', (error) => this.#fail(error));
    let before = client.state;
    client.on('state', (state) => {
      const row = connectionRow(before, state);
      before = state.name;
      if (row !== null) screen.print(row);
      if (state.name === 'closed' && state.cause !== 'user') screen.close();
    });
  }

  /** Until the input ends; gives the exit code. */
  async run(): Promise<number> {
    const { client, username } = this.#me;
    await client.connect();
    this.#screen.print(`You are ${username}. Whoever of your friends comes or goes shows here.`, dim(HELP));
    this.#screen.setPrompt('presence> ');
    await this.#screen.each((line) => this.#line(line));
    await client.close();
    await this.#me.cable.end();
    return this.#failures > 0 && !this.#screen.isTerminal ? 1 : 0;
  }

  async #line(line: string): Promise<boolean> {
    const words = new Words(line);
    const command = words.next();
    if (command === '/quit') return false;
    try {
      if (command !== '') await this.#command(command, words);
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  async #command(command: string, words: Words): Promise<void> {
    const { client, cable } = this.#me;
    switch (command) {
      case '/away':
        return client.presence.set('away');
      case '/back':
        return client.presence.set('online');
      case '/invisible':
        return client.presence.set('invisible');
      case '/watch':
        return client.presence.watch(words.all());
      case '/friends':
        return this.#showFriends();
      case '/drop':
        return cable.drop();
      case '/mute':
        return cable.mute();
      case '/unmute':
        return cable.unmute();
      case '/reconnect':
        return client.reconnectNow();
      default:
        throw new Usage(HELP);
    }
  }

  async #showFriends(): Promise<void> {
    const { api, client } = this.#me;
    const friends = await api.friends();
    this.#screen.print(...friends.map(({ username }) => presenceRow(username, client.presence.of(username), Date.now())));
  }

  #fail(error: unknown): void {
    if (!(error instanceof Usage || error instanceof ParleyError)) throw error;
    this.#failures += 1;
    this.#screen.print([bad('! '), error.message]);
  }
}
