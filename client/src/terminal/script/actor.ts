import { randomBytes } from 'node:crypto';
import type { ParleyClient } from '../../client.js';
import { createClient, ParleyApi, ParleyError } from '../../node.js';
import { Cable } from '../cable.js';
import { socketUrls, type ServerOptions } from '../options.js';
import { holds } from '../settled.js';

/** A device of somebody, and the line between it and the server. */
export interface Device {
  client: ParleyClient;
  cable: Cable;
}

/** Somebody made up for a script. */
export interface Actor {
  username: string;
  api: ParleyApi;
  /** Another device of theirs, connected. */
  device(): Promise<Device>;
}

const WAIT_MS = 20_000;
/** A script is no place for the patience that people need: a connection that was cut is back at once. */
const TIMES = { backoff: { baseMs: 50, maxMs: 1_000 } };

/** Registers somebody nobody has heard of. */
export async function freshActor(name: string, options: ServerOptions): Promise<Actor> {
  const api = new ParleyApi({ url: options.url });
  const username = `${name}-${randomBytes(4).toString('hex')}`;
  const registered = api.register({ username, password: randomBytes(12).toString('base64url') });
  const { token } = await registered.catch((error: unknown) => {
    throw isLimit(error) ? tooMany(error) : error;
  });
  return actor(username, api, token, options);
}

/** Signs somebody in who has an account. */
export async function knownActor(credentials: { username: string; password: string }, options: ServerOptions): Promise<Actor> {
  const api = new ParleyApi({ url: options.url });
  const { token, user } = await api.login(credentials).catch((error: unknown) => {
    throw error instanceof ParleyError ? new Error(`${credentials.username}: ${error.message}`, { cause: error }) : error;
  });
  return actor(user.username, api, token, options);
}

function actor(username: string, api: ParleyApi, token: string, options: ServerOptions): Actor {
  const device = async () => {
    const cable = new Cable();
    const client = createClient({ token, api, webSocket: cable.open, times: TIMES, ...socketUrls(options) });
    await client.connect();
    return { client, cable };
  };
  return { username, api, device };
}

/** Resolves when something holds, looked at after every change of the client; rejects if that takes too long. */
export async function eventually(client: ParleyClient, what: string, check: () => boolean, waitMs = WAIT_MS): Promise<void> {
  if (!(await holds(client, check, waitMs))) throw new TookTooLong(`waited ${waitMs / 1_000} s until ${what}`);
}

/** What was waited for did not happen. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

export function expectThat(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(what);
}

const isLimit = (error: unknown): error is ParleyError => error instanceof ParleyError && error.code === 'rate_limited';

function tooMany({ retryAfterMs }: ParleyError): Error {
  const after = Math.ceil((retryAfterMs ?? 0) / 1_000);
  return new Error(
    `The server takes no more accounts from this address for ${after} s: wait, or start it with LIMIT_REGISTRATIONS_PER_HOUR=0.`,
  );
}
