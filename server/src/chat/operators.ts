import { Refusal, type http } from '@parley/protocol';
import type { Account, AccountStore } from '../ports/accounts.js';
import type { AuditEntry, AuditLog } from '../ports/audit.js';
import { NoSuchJob, type JobQueues } from '../ports/job-queues.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Sessions } from './sessions.js';

export interface OperatorsParts {
  accounts: AccountStore;
  sessions: Sessions;
  audit: AuditLog;
  queues: JobQueues | null;
  runtime: Runtime;
}
/** Who acts, and from where. */
export interface Operator extends Caller {
  address: string | null;
}
export interface UsersWanted {
  prefix?: string | undefined;
  after?: string | undefined;
  limit: number;
}

const DEAD_SHOWN_MAX = 100;

/** What accounts with the role may do. Each act is in the audit log before it is done: none goes unnoticed. */
export class Operators {
  readonly #accounts: AccountStore;
  readonly #sessions: Sessions;
  readonly #audit: AuditLog;
  readonly #queues: JobQueues | null;
  readonly #runtime: Runtime;

  constructor({ accounts, sessions, audit, queues, runtime }: OperatorsParts) {
    this.#accounts = accounts;
    this.#sessions = sessions;
    this.#audit = audit;
    this.#queues = queues;
    this.#runtime = runtime;
  }

  /** The one door: past it is only whose session and role hold at this moment, whatever caches say. */
  async admit({ userId, sessionId }: Caller): Promise<void> {
    await this.#sessions.recheck([sessionId]);
    if ((await this.#sessions.check(sessionId)) === null) throw new Refusal('not_authenticated');
    const [account] = await this.#accounts.byIds([userId]);
    const isOperator = account?.admin === true && account.closedAt === null && account.suspendedAt === null;
    if (!isOperator) throw new Refusal('not_allowed', 'Only for operators of this server: npm run make-admin makes one.');
  }

  /** People whose username begins so, by name. */
  async users({ prefix = '', after, limit }: UsersWanted): Promise<http.AdminUsers> {
    const found = await this.#accounts.search(prefix, limit + 1, after);
    return { users: found.slice(0, limit).map(seen), hasMore: found.length > limit };
  }

  /** Nobody signs in to it any more; its sessions end, and with them its sockets. */
  async suspend(operator: Operator, username: string): Promise<http.AdminUser> {
    const account = await this.#account(username);
    if (account.id === operator.userId) throw new Refusal('not_allowed', 'You cannot suspend yourself.', { field: 'username' });
    await this.#note(operator, 'suspend', account.username);
    await this.#accounts.setSuspended(account.id, this.#runtime.now());
    await this.#sessions.endOthers(account.id, null);
    return seen(await this.#account(username));
  }

  async unsuspend(operator: Operator, username: string): Promise<http.AdminUser> {
    const account = await this.#account(username);
    await this.#note(operator, 'unsuspend', account.username);
    await this.#accounts.setSuspended(account.id, null);
    return seen(await this.#account(username));
  }

  /** Signs somebody out everywhere; gives at how many devices they were. */
  async revokeSessions(operator: Operator, username: string): Promise<number> {
    const account = await this.#account(username);
    await this.#note(operator, 'revoke_sessions', account.username);
    return this.#sessions.endOthers(account.id, null);
  }

  async queues(): Promise<http.Queues> {
    if (this.#queues === null) return { queues: null, deadLetters: [], hasMore: false };
    const [queues, dead] = await Promise.all([this.#queues.queues(), this.#queues.dead()]);
    return { queues, deadLetters: dead.slice(0, DEAD_SHOWN_MAX), hasMore: dead.length > DEAD_SHOWN_MAX };
  }

  async replay(operator: Operator, id: string): Promise<void> {
    await this.#onDeadLetter(operator, 'replay_job', id, (queues) => queues.replay(id));
  }

  async drop(operator: Operator, id: string): Promise<void> {
    await this.#onDeadLetter(operator, 'drop_job', id, (queues) => queues.drop(id));
  }

  /** What operators did, the newest first. */
  async audit(before: string | undefined, limit: number): Promise<http.AuditLog> {
    const entries = await this.#audit.page(before ?? null, limit + 1);
    return { entries: entries.slice(0, limit), hasMore: entries.length > limit };
  }

  async #onDeadLetter(
    operator: Operator,
    action: AuditEntry['action'],
    id: string,
    act: (queues: JobQueues) => Promise<void>,
  ): Promise<void> {
    const queues = this.#queues;
    const isThere = queues !== null && (await queues.dead()).some((letter) => letter.id === id);
    if (!isThere) throw new Refusal('not_found', 'There is no such dead letter.', { field: 'id' });
    await this.#note(operator, action, id);
    try {
      await act(queues);
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof NoSuchJob) throw new Refusal('not_found', error.message, { field: 'id' });
      throw error;
    }
  }

  async #note({ username, address }: Operator, action: AuditEntry['action'], target: string): Promise<void> {
    await this.#audit.add({ id: this.#runtime.id(), at: this.#runtime.now(), actor: username, action, target, address });
  }

  async #account(username: string): Promise<Account> {
    const account = await this.#accounts.byUsername(username);
    if (account?.closedAt !== null) throw new Refusal('not_found', undefined, { field: 'username' });
    return account;
  }
}

const seen = ({ id, username, displayName, createdAt, lastSeen, admin, suspendedAt }: Account): http.AdminUser => ({
  userId: id,
  username,
  displayName,
  createdAt,
  lastSeen,
  admin,
  suspendedAt,
});
