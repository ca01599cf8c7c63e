import { Refusal } from '@parley/protocol';
import type { ConversationStore, MembershipRecord } from '../ports/conversations.js';
import type { Accounts } from './accounts.js';
import type { Caller } from './caller.js';
import type { Chats } from './chats.js';
import type { Groups } from './groups.js';
import type { Sessions } from './sessions.js';

const MEMBERSHIPS_AT_ONCE = 50;

export interface ClosingParts {
  accounts: Pick<Accounts, 'confirm' | 'close'>;
  sessions: Pick<Sessions, 'endOthers'>;
  conversations: Pick<ConversationStore, 'memberships'>;
  chats: Pick<Chats, 'block'>;
  groups: Pick<Groups, 'leave'>;
}

/** Closing an account for good, as its user. */
export class Closing {
  readonly #parts: ClosingParts;

  constructor(parts: ClosingParts) {
    this.#parts = parts;
  }

  /**
   * Leaves all groups, closes all direct chats to both, then the account, and ends all sessions. If it breaks off before
   * that, the account is still open, and closing it again goes on from there.
   */
  async close(caller: Caller, password: string): Promise<void> {
    const { accounts, sessions } = this.#parts;
    await accounts.confirm(caller.userId, password, 'password');
    await this.#withdraw(caller);
    await accounts.close(caller.userId);
    // What somebody took them into meanwhile; from now on nobody can.
    await this.#withdraw(caller);
    await sessions.endOthers(caller.userId, null);
  }

  async #withdraw(caller: Caller): Promise<void> {
    let after: string | undefined;
    do {
      const page = await this.#parts.conversations.memberships(caller.userId, after, MEMBERSHIPS_AT_ONCE);
      await Promise.all(page.filter(({ isMember }) => isMember).map((membership) => this.#leave(caller, membership)));
      after = page.length < MEMBERSHIPS_AT_ONCE ? undefined : page.at(-1)?.conversationId;
    } while (after !== undefined);
  }

  /** A direct chat cannot be left, for it is of two for ever: a block that nobody can lift closes it. */
  async #leave(caller: Caller, { kind, conversationId, peer }: MembershipRecord): Promise<void> {
    if (kind === 'direct') return peer === null ? undefined : this.#parts.chats.block(caller, peer);
    try {
      await this.#parts.groups.leave(caller, conversationId);
    } catch (error) {
      // Out of it meanwhile, or it has ended.
      if (!(error instanceof Refusal) || (error.code !== 'not_member' && error.code !== 'group_closed')) throw error;
    }
  }
}
