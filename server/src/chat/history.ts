import { LIMITS, type http } from '@parley/protocol';
import type { Opened } from '../ports/conversations.js';
import type { LogStore, Page } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Door } from './door.js';
import { historyEvent, historyMessage, peopleOf, type Place } from './entry-event.js';
import type { Names } from './names.js';
import type { Profiles } from './profiles.js';

/** Which part of a log: before or after a seq; neither means the newest. */
export interface PageAsked {
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
}

export interface HistoryParts {
  door: Door;
  log: LogStore;
  names: Names;
  profiles: Pick<Profiles, 'of'>;
  meter: Meter;
  runtime: Runtime;
}

/** Reading the log, one page at a time, as far as the reader may see it. */
export class History {
  readonly #parts: HistoryParts;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  async ofChat(caller: Caller, chatId: string, asked: PageAsked): Promise<http.ChatHistory> {
    const opened = await this.#parts.door.open(caller, { chatId });
    const { conversation } = opened;
    if (conversation.kind !== 'direct') throw new Error('the door gave a group for a chat');
    const [a, b] = conversation.userIds;
    const page = await this.#page(caller, opened, { kind: 'direct', chatId, userIds: [a, b] }, asked);
    return { chatId, with: this.#parts.names.of(a === caller.userId ? b : a), ...page };
  }

  async ofGroup(caller: Caller, groupId: string, asked: PageAsked): Promise<http.GroupHistory> {
    const opened = await this.#parts.door.open(caller, { groupId });
    const { conversation } = opened;
    if (conversation.kind !== 'group') throw new Error('the door gave a chat for a group');
    return { groupId, ...(await this.#page(caller, opened, { kind: 'group', groupId, name: conversation.name }, asked)) };
  }

  async #page(caller: Caller, opened: Opened, place: Place, asked: PageAsked) {
    const { log, names, profiles, meter, runtime } = this.#parts;
    const started = runtime.monotonic();
    const { before, after, limit } = asked;
    const page = await log.page({
      conversationId: opened.conversation.id,
      from: visibleFrom(opened),
      to: opened.conversation.lastSeq,
      lastAt: opened.conversation.lastAt,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
      limit,
      maxBytes: LIMITS.replyMaxBytes,
    });
    const named = page.entries.flatMap((entry) => peopleOf(entry, place));
    if (place.kind === 'direct') named.push(...place.userIds);
    // Who is in a direct chat is told with the inbox.
    const people = place.kind === 'group' ? await profiles.of(named) : [];
    await names.learn(named);
    meter.time('history_seconds', (runtime.monotonic() - started) / 1000);
    return { ...shown(page, place, names, caller.userId), ...(people.length > 0 && { people }) };
  }
}

/** From where on a member may read: everything, or what came since joining. */
export function visibleFrom({ conversation, membership }: Opened): number {
  return conversation.kind === 'group' && conversation.visibility === 'joined' ? membership.joinedSeq : 1;
}

function shown(page: Page, place: Place, names: Names, readerId: string) {
  const messages = page.entries.filter((entry) => entry.kind === 'message');
  const others = page.entries.filter((entry) => entry.kind !== 'message');
  return {
    messages: messages.map((entry) => historyMessage(entry, names, readerId)),
    events: others.map((entry) => historyEvent(entry, place, names)),
    coversFrom: page.coversFrom,
    coversTo: page.coversTo,
    hasMore: page.hasMore,
  };
}
