import { ParleyApi } from '../api.js';
import { createClient } from '../node.js';
import type { ParleyClient } from '../client.js';
import { Cable } from './cable.js';
import { ended } from './ended.js';
import { openScreen } from './open-screen.js';
import { socketUrls, terminalCommand, withAccount, type TerminalOptions } from './options.js';
import { reachable } from './reachable.js';
import { eventually, expectThat, freshActor } from './script/actor.js';
import { PresenceTalk } from './script/presence-talk.js';
import { scripted, type Steps } from './script/steps.js';
import { signIn } from './sign-in.js';

const about =
  'Shows the presence of your friends as it changes, and lets you change yours. With --auto two fresh people come, go away, hide and leave, and it is checked that each sees what they should: exit 0, else 1.';

await withAccount(terminalCommand('presence-test-client', about))
  .option('--auto', 'run by itself', false)
  .action(async (options: TerminalOptions & { auto: boolean }) => {
    process.exitCode = await ended(() => (options.auto ? automatic(options) : watching(options)));
  })
  .parseAsync();

async function watching(options: TerminalOptions): Promise<number> {
  const screen = openScreen();
  try {
    const { api, token, username } = await signIn(options, screen, null);
    const cable = new Cable();
    const client = createClient({ token, api, webSocket: cable.open, ...socketUrls(options) });
    return await new PresenceTalk({ username, api, client, cable }, screen).run();
  } finally {
    screen.close();
  }
}

async function automatic(options: TerminalOptions): Promise<number> {
  await reachable(new ParleyApi({ url: options.url }), options.url);
  return scripted(
    (line) => void process.stdout.write(`${line}\n`),
    (steps) => comingAndGoing(steps, options),
  );
}

async function comingAndGoing(steps: Steps, options: TerminalOptions): Promise<void> {
  const clients: ParleyClient[] = [];
  try {
    const [ann, bob] = await steps.step('two people register and become friends', async () => {
      const people = [await freshActor('ann', options), await freshActor('bob', options)] as const;
      await people[0].api.startChat(people[1].username);
      return people;
    });
    const { client: anns } = await ann.device();
    clients.push(anns);
    const sees = (status: string) =>
      eventually(
        anns,
        `Bob is ${status}`,
        () => anns.presence.of(bob.username).status === status && !anns.presence.of(bob.username).isStale,
      );
    const bobs = await steps.step('Bob comes: Ann sees him online, and he her', async () => {
      const { client } = await bob.device();
      clients.push(client);
      await sees('online');
      await eventually(client, 'Ann is online', () => client.presence.of(ann.username).status === 'online');
      return client;
    });
    await steps.step('Bob is away', async () => {
      bobs.presence.set('away');
      await sees('away');
    });
    await steps.step('Bob is back', async () => {
      bobs.presence.set('online');
      await sees('online');
    });
    await steps.step('Bob hides: Ann sees him offline, he still sees her', async () => {
      bobs.presence.set('invisible');
      await sees('offline');
      expectThat(bobs.presence.of(ann.username).status === 'online', 'expected Ann to be online for Bob');
    });
    await steps.step('Bob shows himself', async () => {
      bobs.presence.set('online');
      await sees('online');
    });
    await steps.step('Bob leaves one of two devices: still online', async () => {
      const { client: second } = await bob.device();
      await second.close();
      await sees('online');
    });
    await steps.step('Bob leaves: offline once he could have come back, with the time', async () => {
      await bobs.close();
      await sees('offline');
      expectThat(anns.presence.of(bob.username).lastSeen !== null, 'expected to be told when Bob was last seen');
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
