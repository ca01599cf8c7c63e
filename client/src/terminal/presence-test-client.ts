import { ParleyApi } from '../api.js';
import type { ParleyClient } from '../client.js';
import { ended } from './ended.js';
import { terminalCommand, withAccount, type TerminalOptions } from './options.js';
import { eventually, freshActor } from './people.js';
import { Screen } from './screen.js';
import { reachable, signIn } from './sign-in.js';
import { scripted, type Steps } from './steps.js';

const about =
  'Shows the presence of your friends as it changes; Ctrl-C ends it. With --auto two fresh people come, go away, hide and leave, and each sees what they should.';

await withAccount(terminalCommand('presence-test-client', about))
  .option('--auto', 'run by itself', false)
  .action(async (options: TerminalOptions & { auto: boolean }) => {
    process.exitCode = await ended(() => (options.auto ? automatic(options) : watching(options)));
  })
  .parseAsync();

async function watching(options: TerminalOptions): Promise<number> {
  const screen = new Screen();
  const { client, username } = await signIn(options, screen);
  client.on('presence', ({ username: friend, status, lastSeen }) =>
    screen.print(
      `${friend}: ${status}${lastSeen === null || status !== 'offline' ? '' : `, last seen ${new Date(lastSeen).toLocaleString()}`}`,
    ),
  );
  await client.connect();
  screen.print(`You are ${username}; this is who comes and goes.`);
  await screen.each(() => Promise.resolve(true));
  await client.close();
  return 0;
}

async function automatic(options: TerminalOptions): Promise<number> {
  await reachable(new ParleyApi({ url: options.url }), options.url);
  return scripted((steps) => comingAndGoing(steps, options));
}

async function comingAndGoing(steps: Steps, options: TerminalOptions): Promise<void> {
  const [ann, bob] = await Promise.all([freshActor('ann', options), freshActor('bob', options)]);
  const anns = await ann.device();
  await anns.sendTo(bob.username, 'hi').sent;
  let bobs: ParleyClient | null = null;
  const sees = (status: string) => eventually(anns, `Bob is ${status}`, () => anns.presence.of(bob.username).status === status);
  try {
    await steps.step('Bob comes: online', async () => {
      bobs = await bob.device();
      await sees('online');
    });
    await steps.step('Bob is away', async () => {
      bobs?.presence.set('away');
      await sees('away');
    });
    await steps.step('Bob hides: offline', async () => {
      bobs?.presence.set('invisible');
      await sees('offline');
    });
    await steps.step('Bob shows himself: online', async () => {
      bobs?.presence.set('online');
      await sees('online');
    });
    await steps.step('Bob leaves: offline, after the time that reconnecting may take', async () => {
      await bobs?.close();
      await sees('offline');
    });
  } finally {
    await anns.close();
  }
}
