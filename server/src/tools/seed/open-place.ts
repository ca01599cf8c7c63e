import type { Config } from '../../config.js';
import { processRuntime } from '../../host/runtime.js';
import { Argon2Passwords } from '../../host/passwords.js';
import type { Runtime } from '../../ports/runtime.js';
import { isInUse } from '../in-use.js';
import { openChat } from '../open-chat.js';
import type { Place } from './place.js';
import { ServerPlace } from './server-place.js';
import { StorePlace } from './store-place.js';

/**
 * The store, if nobody has it; else the server that does. With `url`, and in a cluster: a server. `runtime`: the time in the
 * store; a server has its own.
 */
export async function openPlace(config: Config, url: string | undefined, runtime: Runtime = processRuntime): Promise<Place> {
  if (url !== undefined) return new ServerPlace(url);
  if (config.cluster !== null) return new ServerPlace(urlOf(config));
  try {
    return await openStore(config, runtime);
  } catch (error) {
    if (!isInUse(error)) throw error;
    return new ServerPlace(urlOf(config));
  }
}

async function openStore({ dataDir, groups, auth }: Config, runtime: Runtime): Promise<Place> {
  const chat = await openChat({ dataDir, maxMembers: groups.maxMembers, runtime, onFatal: giveUp });
  return new StorePlace(dataDir, { chat, passwords: new Argon2Passwords({ atOnce: auth.hashesAtOnce }), runtime });
}

/** What waits for the store would wait for ever. */
function giveUp(error: Error): never {
  process.stderr.write(`The store failed: ${error.message}\n`);
  process.exit(1);
}

function urlOf({ dataDir, listen }: Config): string {
  if (listen.httpPort === 0) {
    throw new Error(`HTTP_PORT is 0, and the store of ${dataDir} is not free: say where the server is with --url.`);
  }
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? 'localhost' : listen.host;
  return `http${listen.tls === null ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${listen.httpPort}`;
}
