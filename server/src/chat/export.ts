import { Refusal, type http } from '@parley/protocol';
import type { ConversationStore, MembershipRecord } from '../ports/conversations.js';
import type { Entry, LogStore } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import type { Accounts } from './accounts.js';
import type { Caller } from './caller.js';
import type { Chats } from './chats.js';
import { historyMessage } from './entry-event.js';
import type { Names } from './names.js';
import type { Sessions } from './sessions.js';

const MEMBERSHIPS_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 500;
const PAGE_MAX_BYTES = 1_048_576;
/** Told to who asks for a second one while the first is on its way. */
const RETRY_AFTER_MS = 10_000;

export interface ExportParts {
  accounts: Pick<Accounts, 'profile'>;
  sessions: Pick<Sessions, 'list'>;
  chats: Pick<Chats, 'blocks'>;
  conversations: Pick<ConversationStore, 'memberships'>;
  log: Pick<LogStore, 'page'>;
  names: Names;
  runtime: Runtime;
}

/** All that there is of a user, as JSON, piece by piece: memory holds one page of it. */
export class Export {
  readonly #parts: ExportParts;
  readonly #underWay = new Set<string>();

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /** The pieces of one `http.Export`. One at a time for each user; the place is free when the pieces end. */
  async of(caller: Caller): Promise<AsyncGenerator<string>> {
    const { accounts, sessions, chats, names, runtime } = this.#parts;
    const { userId, sessionId } = caller;
    if (this.#underWay.has(userId)) {
      throw new Refusal('rate_limited', 'An export is on its way already.', { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#underWay.add(userId);
    try {
      const head: Omit<http.Export, 'conversations'> = {
        exportedAt: runtime.now(),
        profile: await accounts.profile(userId),
        sessions: await sessions.list(userId, sessionId),
        blocks: await chats.blocks(caller),
      };
      names.remember(userId, caller.username);
      const pieces = this.#pieces(userId, head);
      // Begun, so that it also ends properly when nobody takes a piece.
      await pieces.next();
      return pieces;
    } catch (error) {
      this.#underWay.delete(userId);
      throw error;
    }
  }

  async *#pieces(userId: string, head: object): AsyncGenerator<string> {
    try {
      yield '';
      yield `${JSON.stringify(head).slice(0, -1)},"conversations":[`;
      let separator = '';
      for await (const membership of this.#memberships(userId)) {
        yield `${separator}\n${JSON.stringify(recordView(membership)).slice(0, -1)},"messages":[`;
        yield* this.#messages(userId, membership);
        yield ']}';
        separator = ',';
      }
      yield ']}\n';
    } finally {
      this.#underWay.delete(userId);
    }
  }

  async *#memberships(userId: string): AsyncGenerator<MembershipRecord> {
    for (let after: string | undefined; ;) {
      const page = await this.#parts.conversations.memberships(userId, after, MEMBERSHIPS_AT_ONCE);
      yield* page;
      after = page.at(-1)?.conversationId;
      if (page.length < MEMBERSHIPS_AT_ONCE) return;
    }
  }

  /** Their own of a log, up to the last one. A line break for each page, so that the way is not cut while there is none. */
  async *#messages(userId: string, { conversationId, sent, lastSeq }: MembershipRecord): AsyncGenerator<string> {
    const { log, names } = this.#parts;
    let found = 0;
    for (let after = 0; found < sent;) {
      const page = await log.page({
        conversationId,
        from: 1,
        to: lastSeq,
        after,
        limit: ENTRIES_AT_ONCE,
        maxBytes: PAGE_MAX_BYTES,
      });
      const own = page.entries
        .filter((entry) => isOwn(entry, userId))
        .map((entry) => JSON.stringify(historyMessage(entry, names, userId)));
      if (own.length > 0) yield `${found > 0 ? ',' : ''}\n${own.join(',\n')}`;
      else yield '\n';
      found += own.length;
      after = page.coversTo;
      if (!page.hasMore) return;
    }
  }
}

const isOwn = (entry: Entry, userId: string) => entry.kind === 'message' && entry.senderId === userId;

function recordView({ kind, conversationId, name, peer, role, joinedAt, isMember, settings }: MembershipRecord) {
  const common = { joinedAt, isMember, settings };
  return kind === 'direct'
    ? { chatId: conversationId, with: peer, ...common }
    : { groupId: conversationId, name, role, ...common };
}
