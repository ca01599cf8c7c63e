import type { http } from '@parley/protocol';
import { ParleyApi, ParleyError } from '../node.js';
import type { TerminalOptions } from './options.js';
import { reachable, unreachable } from './reachable.js';
import type { Screen } from './screen.js';
import type { RememberedSession, StateFolder } from './state-folder.js';
import { bad, dim } from './text/row.js';

const TRIES = 5;

/** A session, and the API that speaks with its token. */
export interface SignedIn extends Omit<RememberedSession, 'url'> {
  api: ParleyApi;
  /** Not asked for, but read from the state folder. */
  isRemembered: boolean;
}

/** Takes up the remembered session, else signs in, asking for what was not given. Throws what ends the program. */
export async function signIn(options: TerminalOptions, screen: Screen, state: StateFolder | null): Promise<SignedIn> {
  const { url, user } = options;
  const remembered = options.register ? null : ((await state?.session(url, user, Date.now())) ?? null);
  if (remembered !== null) {
    return { ...remembered, api: new ParleyApi({ url, token: remembered.token }), isRemembered: true };
  }
  const api = new ParleyApi({ url });
  await reachable(api, url);
  const {
    token,
    expiresAt,
    user: me,
  } = await authenticated(api, options, screen).catch((error: unknown) => {
    throw unreachable(error, url);
  });
  const session = { username: me.username, userId: me.userId, token, expiresAt };
  if (options.remember) await state?.remember({ ...session, url });
  return { ...session, api, isRemembered: false };
}

async function authenticated(api: ParleyApi, options: TerminalOptions, screen: Screen): Promise<http.Authenticated> {
  if (options.user !== undefined && options.password !== undefined) {
    return enter(api, { username: options.user, password: options.password }, options.register);
  }
  if (!screen.isTerminal) throw new Error('Say who you are with --user and --password, or PARLEY_USER and PARLEY_PASSWORD.');
  return askedFor(api, options, screen);
}

/** In a script: signs in, or with `--register` makes the account if there is none. */
async function enter(api: ParleyApi, credentials: Credentials, registers: boolean): Promise<http.Authenticated> {
  try {
    return await api.login(credentials);
  } catch (error) {
    if (!registers || !isWrong(error)) throw error;
    return registered(api, credentials);
  }
}

interface Credentials {
  username: string;
  password: string;
}

async function askedFor(api: ParleyApi, options: TerminalOptions, screen: Screen): Promise<http.Authenticated> {
  screen.print(dim(`Parley at ${options.url}`), dim('A name that nobody has yet becomes a new account.'));
  for (let tries = 1; ; tries++) {
    const username = options.user ?? (await answer(screen, 'Name: '));
    const password = options.password ?? (await answer(screen, 'Password: ', true));
    try {
      return await loginOrRegister(api, { username, password }, screen);
    } catch (error) {
      const isFinal = !(error instanceof ParleyError) || error.code === 'network' || tries === TRIES;
      if (isFinal || options.password !== undefined) throw error;
      screen.print(bad(error.message));
    }
  }
}

async function loginOrRegister(api: ParleyApi, credentials: Credentials, screen: Screen): Promise<http.Authenticated> {
  try {
    return await api.login(credentials);
  } catch (error) {
    if (!isWrong(error)) throw error;
    screen.print('There is no account with this name and password.');
    const repeated = await answer(screen, 'The password again to make one, or Enter to go back: ', true);
    if (repeated === '') throw error;
    if (repeated !== credentials.password) throw new ParleyError('wrong_credentials', 'That was not the same password.');
    return registered(api, credentials);
  }
}

async function registered(api: ParleyApi, credentials: Credentials): Promise<http.Authenticated> {
  try {
    return await api.register(credentials);
  } catch (error) {
    const isTaken = error instanceof ParleyError && error.code === 'username_taken';
    throw isTaken ? new ParleyError('wrong_credentials', `${credentials.username} has another password.`) : error;
  }
}

async function answer(screen: Screen, question: string, isSecret = false): Promise<string> {
  const line = await screen.ask(question, isSecret);
  if (line === null) throw new Error('Nobody signed in.');
  return isSecret ? line : line.trim();
}

const isWrong = (error: unknown) => error instanceof ParleyError && error.code === 'wrong_credentials';
