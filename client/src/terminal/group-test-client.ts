import { ParleyApi } from '../api.js';
import { ended } from './ended.js';
import { terminalCommand, withAccount, type TerminalOptions } from './options.js';
import { eventually, expectThat, freshActor } from './people.js';
import { Screen } from './screen.js';
import { reachable, signIn } from './sign-in.js';
import { scripted, type Steps } from './steps.js';
import { Talk } from './talk.js';

interface GroupOptions extends TerminalOptions {
  auto: boolean;
  users: string;
  messages: string;
}

const about =
  'A group with many people. With --auto fresh ones talk all at once, and it is checked that everybody got everything, once, in one order. Without it, you talk: the full client.';

await withAccount(terminalCommand('group-test-client', about))
  .option('--auto', 'run by itself', false)
  .option('--users <count>', 'how many people', '5')
  .option('--messages <count>', 'how many messages each', '20')
  .action(async (options: GroupOptions) => {
    process.exitCode = await ended(() => (options.auto ? automatic(options) : byHand(options)));
  })
  .parseAsync();

async function byHand(options: GroupOptions): Promise<number> {
  const screen = new Screen();
  return new Talk(await signIn(options, screen), screen).run().finally(() => screen.close());
}

async function automatic(options: GroupOptions): Promise<number> {
  await reachable(new ParleyApi({ url: options.url }), options.url);
  return scripted((steps) => crowd(steps, options, atLeast(2, options.users), atLeast(1, options.messages)));
}

async function crowd(steps: Steps, options: TerminalOptions, users: number, each: number): Promise<void> {
  const actors = await Promise.all(Array.from({ length: users }, (_, i) => freshActor(`user${i + 1}`, options)));
  const devices = await Promise.all(actors.map((actor) => actor.device()));
  const [owner, ...others] = devices;
  if (owner === undefined) throw new Error('nobody is there');
  const total = users * each;
  let id = '';
  try {
    await steps.step(`one makes a group, ${others.length} join`, async () => {
      const group = await owner.createGroup({ name: 'Crowd' });
      id = group.id;
      for (const device of others) await (await device.joinGroup(id)).timeline.open();
      await eventually(owner, 'all are in', () => group.memberCount === users);
    });
    await steps.step(`all send ${each} messages at once: ${total}`, () => {
      const groups = devices.flatMap((device) => device.conversation(id) ?? []);
      return Promise.all(
        groups.flatMap((group, i) => Array.from({ length: each }, (_, n) => group.send(`${i + 1}.${n + 1}`).sent)),
      );
    });
    await steps.step(`everybody shows all ${total}, once, in one order`, async () => {
      const shown = (device: (typeof devices)[number]) =>
        device.conversation(id)?.timeline.messages.map(({ seq, content }) => `${seq} ${content}`) ?? [];
      await Promise.all(devices.map((device) => eventually(device, 'all are there', () => shown(device).length >= total)));
      const expected = shown(owner);
      expectThat(new Set(expected).size === total, `expected ${total} different messages, got ${expected.length}`);
      for (const device of others) expectThat(shown(device).join() === expected.join(), 'two devices show different timelines');
    });
  } finally {
    await Promise.all(devices.map((device) => device.close()));
  }
}

function atLeast(least: number, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < least || count > 1_000)
    throw new Error(`expected a whole number from ${least} to 1000, got ${text}`);
  return count;
}
