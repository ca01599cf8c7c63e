import { isId, LIMITS, Refusal, type Inbox as InboxView } from '@parley/protocol';
import type { InboxItem, InboxStore } from '../ports/conversations.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Names } from './names.js';
import type { Profiles } from './profiles.js';
import { visibleFrom } from './history.js';
import { chatView, groupView } from './views.js';

/** A token is the time of the read less this: whatever was committed but not yet to be seen then is told again (R16). */
const TOKEN_OVERLAP_MS = 60_000;

export interface InboxAsked {
  token?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

/** Where a paged read of the inbox stands. */
interface Position {
  since: number;
  startedAt: number;
  movedAt: number;
  id: string;
}

export interface InboxParts {
  inbox: InboxStore;
  names: Names;
  profiles: Pick<Profiles, 'of'>;
  runtime: Runtime;
  meter: Meter;
}

/** What a user sees first: conversations with their newest message and what is unread; on a resume only what moved. */
export class Inbox {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  async read(caller: Caller, asked: InboxAsked): Promise<InboxView> {
    const { inbox, names, profiles, runtime, meter } = this.#parts;
    const started = runtime.monotonic();
    const position = asked.cursor === undefined ? undefined : decodeCursor(asked.cursor);
    const since = position?.since ?? (asked.token === undefined ? 0 : decodeToken(asked.token));
    const startedAt = position?.startedAt ?? (await inbox.now());
    const page = await inbox.inbox({
      userId: caller.userId,
      limit: asked.limit,
      ...(since > 0 && { since }),
      ...(position !== undefined && { after: { movedAt: position.movedAt, id: position.id } }),
    });
    const left = since > 0 && position === undefined ? await inbox.leftSince(caller.userId, since) : [];
    const items = fitting(page.items);
    const hasMore = page.hasMore || items.length < page.items.length;
    const named = [caller.userId, ...items.flatMap(peopleIn)];
    const people = await profiles.of(named);
    await names.learn(named);
    meter.time('inbox_seconds', (runtime.monotonic() - started) / 1000);

    const last = items.at(-1);
    return {
      username: caller.username,
      chats: items.filter((item) => item.peer !== null).map((item) => chatView(item, names, caller.userId)),
      groups: items.filter((item) => item.peer === null).map((item) => groupView(item, seen(item), names, caller.userId)),
      ...(people.length > 0 && { people }),
      left: left.map((groupId) => ({ groupId })),
      ...(hasMore && last !== undefined
        ? { cursor: encode({ since, startedAt, movedAt: last.movedAt, id: last.conversation.id }) }
        : { token: encode({ since: Math.max(1, startedAt - TOKEN_OVERLAP_MS) }) }),
    };
  }
}

/** As many as a reply may weigh as it goes over the wire, but one at least. */
function fitting(items: InboxItem[]): InboxItem[] {
  let bytes = 0;
  const cut = items.findIndex(
    ({ lastMessage }) => (bytes += Buffer.byteLength(JSON.stringify(lastMessage?.content ?? ''))) > LIMITS.replyMaxBytes,
  );
  return cut < 0 ? items : items.slice(0, Math.max(1, cut));
}

/** The newest message, unless it is from before what this member may see. */
function seen(item: InboxItem): InboxItem['lastMessage'] {
  return item.lastMessage !== null && item.lastMessage.seq >= visibleFrom(item) ? item.lastMessage : null;
}

function peopleIn({ peer, lastMessage }: InboxItem): string[] {
  return [...(peer === null ? [] : [peer.userId]), ...(lastMessage === null ? [] : [lastMessage.senderId])];
}

// Neither is signed: what comes back is checked, for a store refuses half a millisecond, or a NUL, by failing.
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function decodeToken(token: string): number {
  const since = decode(token)?.['since'];
  if (!isTime(since) || since < 1) throw badField('token');
  return since;
}

function decodeCursor(cursor: string): Position {
  const { since, startedAt, movedAt, id } = decode(cursor) ?? {};
  if (!isTime(since) || !isTime(startedAt) || !isTime(movedAt) || !isId(id)) throw badField('cursor');
  return { since, startedAt, movedAt, id };
}

function decode(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const badField = (field: string) => new Refusal('invalid_field', `${field}: expected one that this server gave`, { field });
