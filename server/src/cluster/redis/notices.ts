import type { Notice } from '../../ports/relay.js';
import type { Channels } from './channels.js';
import type { Keys } from './keys.js';

/** What servers tell each other of themselves, on the same channel. */
export type ServerNotice = { kind: 'entered' | 'ended' };
const isOfServers = (notice: Notice | ServerNotice): notice is ServerNotice =>
  notice.kind === 'entered' || notice.kind === 'ended';
type Message = { from: string; notice: Notice | ServerNotice };

export interface NoticesParts {
  channels: Channels;
  keys: Keys;
  boot: string;
  onError: (error: unknown) => void;
}

/** One channel for what every server is to know. */
export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  start(take: (notice: Notice) => void, servers: (from: string) => void): Promise<void> {
    const { channels, keys, boot, onError } = this.#parts;
    return channels.subscribe([keys.notices], (text) => {
      try {
        const { from, notice } = JSON.parse(text.toString()) as Message;
        if (from === boot) return;
        if (isOfServers(notice)) servers(from);
        else take(notice);
      } catch (error) {
        onError(error);
      }
    });
  }

  send(notice: Notice | ServerNotice): void {
    const { channels, keys, boot } = this.#parts;
    channels.publish(keys.notices, JSON.stringify({ from: boot, notice } satisfies Message));
  }
}
