import { Refusal, type Colour, type http } from '@parley/protocol';
import type { Account, AccountStore, SessionRow } from '../ports/accounts.js';
import type { Passwords } from '../ports/passwords.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Device, Sessions } from './sessions.js';

export interface Registration {
  username: string;
  password: string;
  displayName?: string | undefined;
}
export interface Credentials {
  username: string;
  password: string;
}
export interface PasswordChange {
  current: string;
  next: string;
}
export interface ProfileChange {
  displayName?: string | null | undefined;
  colour?: Colour | null | undefined;
  invisible?: boolean | undefined;
}
/** An account, and the session that was opened for it. */
export interface SignedIn {
  me: http.Me;
  session: SessionRow;
}
export interface AccountsParts {
  store: AccountStore;
  sessions: Sessions;
  passwords: Passwords;
  runtime: Runtime;
}
/** Told after a profile changed, and what of it was given. */
export type ProfileListener = (me: http.Me, change: ProfileChange) => void;

/** Who people are: registering, signing in, profiles. Ids are the keys; a username belongs to one account for ever. */
export class Accounts {
  readonly #store: AccountStore;
  readonly #sessions: Sessions;
  readonly #passwords: Passwords;
  readonly #runtime: Runtime;
  /** Of no password. Checked when there is no such user, so that the answer takes as long as for a wrong password. */
  #nobodysHash: Promise<string> | null = null;
  #isNew = true;
  readonly #listeners = new Set<ProfileListener>();

  constructor({ store, sessions, passwords, runtime }: AccountsParts) {
    this.#store = store;
    this.#sessions = sessions;
    this.#passwords = passwords;
    this.#runtime = runtime;
  }

  /** Creates an account and signs it in. Refused `username_taken` if somebody has, or had, the name in any case. */
  async register({ username, password, displayName }: Registration, device: Device): Promise<SignedIn> {
    const account: Account = {
      id: this.#runtime.id(),
      username,
      displayName: displayName ?? null,
      colour: null,
      passwordHash: await this.#passwords.hash(password),
      admin: false,
      invisible: false,
      lastSeen: null,
      closedAt: null,
      suspendedAt: null,
      createdAt: this.#runtime.now(),
    };
    if (!(await this.#store.create(account))) throw new Refusal('username_taken', undefined, { field: 'username' });
    return { me: meOf(account), session: await this.#sessions.open(account.id, device) };
  }

  /**
   * Opens a session. Unknown user and wrong password are one refusal, after the same time; who is suspended is told so by
   * the right password only.
   */
  async signIn({ username, password }: Credentials, device: Device): Promise<SignedIn> {
    const nobodysHash = await this.#hashOfNobody();
    const account = await this.#open(username);
    const right = await this.#passwords.verify(account?.passwordHash ?? nobodysHash, password);
    if (!account || !right) throw new Refusal('wrong_credentials');
    if (account.suspendedAt !== null) throw new Refusal('account_suspended');
    const session = await this.#sessions.open(account.id, device);
    await this.#endIfChanged(account, session);
    return { me: meOf(account), session };
  }

  /** Sets a new password and ends all other sessions of the user. */
  async changePassword(caller: Caller, { current, next }: PasswordChange): Promise<void> {
    const account = await this.confirm(caller.userId, current, 'current');
    await this.#store.setPassword(account.id, await this.#passwords.hash(next));
    await this.#sessions.endOthers(account.id, caller.sessionId);
  }

  /** Gives the account if this is its password; refused `wrong_credentials` with the field else. */
  async confirm(userId: string, password: string, field: string): Promise<Account> {
    const account = await this.#account(userId);
    if (await this.#passwords.verify(account.passwordHash, password)) return account;
    throw new Refusal('wrong_credentials', `${field}: this is not your password`, { field });
  }

  /** Closes it for good. Its name stays taken, and what it wrote stays with the name. */
  async close(userId: string): Promise<void> {
    await this.#store.close(userId, this.#runtime.now());
  }

  /** The account as its user sees it. */
  async profile(userId: string): Promise<http.Me> {
    return meOf(await this.#account(userId));
  }

  /** Changes what is given and leaves the rest. */
  async changeProfile(userId: string, change: ProfileChange): Promise<http.Me> {
    const { displayName, colour, invisible } = change;
    await this.#store.setProfile(userId, {
      ...(displayName !== undefined && { displayName }),
      ...(colour !== undefined && { colour }),
      ...(invisible !== undefined && { invisible }),
    });
    const me = await this.profile(userId);
    for (const listener of this.#listeners) listener(me, change);
    return me;
  }

  /** Calls back after each change of a profile. Gives the way to stop it. */
  onProfileChanged(listener: ProfileListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** People whose username begins so, in order. */
  async search(prefix: string, limit: number): Promise<http.User[]> {
    return (await this.#store.search(prefix, limit)).map(userOf);
  }

  /** One person; refused `not_found` if there is none. */
  async byUsername(username: string): Promise<http.User> {
    const account = await this.#open(username);
    if (!account) throw new Refusal('not_found', undefined, { field: 'username' });
    return userOf(account);
  }

  /** Made with the first login, whoever's it is; an attempt that was refused is made again with the next. */
  #hashOfNobody(): Promise<string> {
    this.#nobodysHash ??= this.#passwords.hash(this.#runtime.id()).catch((error: unknown) => {
      this.#nobodysHash = null;
      throw error;
    });
    return this.#nobodysHash;
  }

  /** Whether nobody has an account yet; asked of the store only as long as it is so. */
  async isNew(): Promise<boolean> {
    this.#isNew &&= (await this.#store.search('', 1)).length === 0;
    return this.#isNew;
  }

  /** Whether nobody has the name, or had it. */
  async isFree(username: string): Promise<boolean> {
    return (await this.#store.byUsername(username)) === null;
  }

  async #account(userId: string): Promise<Account> {
    const [account] = await this.#store.byIds([userId]);
    if (!account || account.closedAt !== null) throw new Refusal('not_authenticated');
    return account;
  }

  /** A closed one is as good as none. */
  async #open(username: string): Promise<Account | null> {
    const account = await this.#store.byUsername(username);
    return account?.closedAt === null ? account : null;
  }

  /**
   * A change of password ends the sessions that there are, and so does a suspension; this one may have been opened just
   * after, on the word of what held before. Looked up after opening, either it is seen here, or the change sees the session.
   */
  async #endIfChanged(account: Account, session: SessionRow): Promise<void> {
    const [now] = await this.#store.byIds([account.id]);
    if (now?.passwordHash === account.passwordHash && now.suspendedAt === null) return;
    await this.#sessions.end(account.id, session.id);
    throw new Refusal(now?.passwordHash === account.passwordHash ? 'account_suspended' : 'wrong_credentials');
  }
}

const userOf = ({ id, username, displayName, colour, createdAt }: Account): http.User => ({
  userId: id,
  username,
  displayName,
  colour,
  createdAt,
});
const meOf = (account: Account): http.Me => ({ ...userOf(account), invisible: account.invisible, admin: account.admin });
