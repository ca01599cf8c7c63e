import type { Conversation, ParleyClient } from '@parley/client/node';
import { onTestFinished } from 'vitest';
import { Person, shows, type DeviceOptions } from './people.js';
import type { Reachable } from './server.js';
import { until } from './until.js';

/** Ann and Bob, who have a chat, on different servers. */
export interface Pair {
  ann: Person;
  bob: Person;
  anns: ParleyClient;
  bobs: ParleyClient;
}

/** What may be different of a pair. */
export interface PairOptions extends DeviceOptions {
  /** Of several tests that run at the same time, each says by its own when it ends. */
  atEnd?: typeof onTestFinished;
}

/** Ann is on the first server, Bob on the second, and both have their chat open; it begins with `hello`. */
export async function pairOn(server: Reachable, { atEnd = onTestFinished, ...options }: PairOptions = {}): Promise<Pair> {
  const [one, two] = server.nodes;
  const [ann, bob] = [await Person.register(server, 'ann'), await Person.register(server, 'bob')];
  atEnd(async () => void (await Promise.all([ann.leave(), bob.leave()])));
  const anns = await ann.device({ ...options, chatUrl: one?.chat ?? '' });
  const bobs = await bob.device({ ...options, chatUrl: two?.chat ?? '' });
  await anns.sendTo(bob.username, 'hello').sent;
  const chat = await until('Bob has the chat', () => bobs.chatWith(ann.username));
  await chat.timeline.open();
  await shows(bobs, () => chat, ['hello']);
  return { ann, bob, anns, bobs };
}

/** The chat as Bob's device has it. */
export const chatOf = ({ bobs, ann }: Pair): Conversation | null => bobs.chatWith(ann.username);

export interface Talk {
  /** What was sent so far, confirmed or not. */
  readonly said: readonly string[];
  /** Gives what was sent, all of it confirmed. */
  stop(): Promise<string[]>;
}

/** Ann sends until told to stop: each message after the last one's SUCCESS, or one each `everyMs`, whatever is under way. */
export function talking({ anns, bob }: Pair, everyMs: number | null = null, said: string[] = ['hello']): Talk {
  const sent: Promise<unknown>[] = [];
  let stopped = false;
  const run = (async () => {
    while (!stopped) {
      const outgoing = anns.sendTo(bob.username, `m${said.length}`);
      said.push(outgoing.content);
      sent.push(outgoing.sent);
      await (everyMs === null ? outgoing.sent : new Promise((resolve) => setTimeout(resolve, everyMs)));
    }
    await Promise.all(sent);
    return said;
  })();
  // Whoever stops is told; until then it fails in silence.
  run.catch(() => undefined);
  return {
    said,
    stop: () => {
      stopped = true;
      return run;
    },
  };
}
