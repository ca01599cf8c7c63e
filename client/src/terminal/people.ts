import { randomBytes } from 'node:crypto';
import type { ParleyClient } from '../client.js';
import { createClient, ParleyApi } from '../node.js';
import { socketUrls, type TerminalOptions } from './options.js';

/** Somebody made up for a script, with a device. */
export interface Actor {
  username: string;
  api: ParleyApi;
  /** Another device of theirs, connected. */
  device(): Promise<ParleyClient>;
}

const WAIT_MS = 10_000;

/** Registers somebody nobody has heard of. */
export async function freshActor(name: string, options: TerminalOptions): Promise<Actor> {
  const api = new ParleyApi({ url: options.url });
  const username = `${name}-${randomBytes(4).toString('hex')}`;
  const { token } = await api.register({ username, password: randomBytes(12).toString('base64url') });
  const device = async () => {
    const client = createClient({ token, api, ...socketUrls(options) });
    await client.connect();
    return client;
  };
  return { username, api, device };
}

/** Resolves when `holds` does, looked at after every change of the client; rejects if that takes too long. */
export function eventually(client: ParleyClient, what: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      stop();
      clearTimeout(timer);
    };
    const look = () => {
      if (!holds()) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`waited ${WAIT_MS / 1000} s: ${what}`));
    }, WAIT_MS);
    const stop = client.subscribe(look);
    look();
  });
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
