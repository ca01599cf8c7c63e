import { openEmbedded } from '../../server/src/embedded/open.js';
import { processRuntime as runtime } from '../../server/src/host/runtime.js';
import type { RunningServer } from './server.js';

const AT_ONCE = 2_000;

export interface History {
  /** A long conversation of these two, by user id. Message n says `n`, one a minute. */
  long: { between: readonly [string, string]; messages: number };
  /** Somebody who knows very many: `friend-00001` and so on, each of whom has written once. */
  many: { userId: string; chats: number };
}

/** Puts into a server's store what years would, past its doors, by the server's own code. The server starts again after it. */
export async function past(server: RunningServer, { long, many }: History): Promise<void> {
  await server.stop();
  const stores = await openEmbedded({
    dataDir: server.dataDir,
    runtime,
    meter: { count: () => undefined, time: () => undefined, set: () => undefined },
    onFatal: (error) => {
      throw error;
    },
  });
  const { accounts, conversations, log } = stores;
  const now = runtime.now();
  const chat = async (one: string, other: string) => {
    const opened = await conversations.openDirect(one, other, runtime.id(), now);
    if (opened === null) throw new Error('these two have blocked each other');
    return opened.id;
  };
  const write = (conversationId: string, senderId: string, content: string, at: number) =>
    log.append({ kind: 'send', conversationId, senderId, messageId: runtime.id(), content, clientId: runtime.id(), at });
  const [one, other] = long.between;
  const longId = await chat(one, other);
  await inBatches(long.messages, (n) => write(longId, n % 3 === 0 ? one : other, `${n}`, now - (long.messages - n) * 60_000));
  await inBatches(many.chats, async (n) => {
    const id = runtime.id();
    const username = `friend-${String(n).padStart(5, '0')}`;
    const account = { displayName: null, colour: null, passwordHash: 'nobody signs in', admin: false, invisible: false };
    await accounts.create({ id, username, ...account, lastSeen: null, closedAt: null, suspendedAt: null, createdAt: now });
    await write(await chat(many.userId, id), id, `Hello from ${username}`, now - (many.chats - n) * 1_000);
  });
  await stores.close();
  await server.restart();
}

/** From 1 to `count`. */
async function inBatches(count: number, each: (n: number) => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => each(done + i + 1)));
  }
}
