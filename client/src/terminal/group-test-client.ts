import { ParleyApi } from '../api.js';
import { ended } from './ended.js';
import { openScreen } from './open-screen.js';
import { terminalCommand, wholeNumber, type ServerOptions } from './options.js';
import { reachable } from './reachable.js';
import { expectThat, freshActor, knownActor, type Actor } from './script/actor.js';
import { findingsText, isRight } from './script/crowd-check.js';
import { CrowdTalk } from './script/crowd-talk.js';
import { Crowd } from './script/crowd.js';
import { timesText } from './script/percentile.js';
import { scripted, type Steps } from './script/steps.js';

interface GroupOptions extends ServerOptions {
  auto: boolean;
  users: number;
  messages: number;
  as?: string;
  password?: string;
}

const about =
  'People who talk in one group. You say who says what, and see whether everybody gets everything, once, in one order. With --auto it runs by itself, and exits with 0 if so, else with 1.';

const print = (line: string) => void process.stdout.write(`${line}\n`);

await terminalCommand('group-test-client', about)
  .option('--auto', 'run by itself', false)
  .option('--users <count>', 'how many people', wholeNumber(2, 200), 5)
  .option('--messages <count>', 'with --auto: how many messages each', wholeNumber(1, 1_000), 20)
  .option('--as <prefix>', 'not fresh people, but PREFIX1, PREFIX2 … as create-dummy-users makes them')
  .option('--password <password>', 'of those')
  .action(async (options: GroupOptions) => {
    process.exitCode = await ended(async () => {
      await reachable(new ParleyApi({ url: options.url }), options.url);
      return options.auto ? automatic(options) : byHand(options);
    });
  })
  .parseAsync();

async function byHand(options: GroupOptions): Promise<number> {
  const screen = openScreen();
  screen.print(`${options.users} people are coming …`);
  const crowd = await Crowd.gather(await people(options), 'Group test');
  try {
    return await new CrowdTalk(crowd, screen).run();
  } finally {
    await crowd.close();
    screen.close();
  }
}

function automatic(options: GroupOptions): Promise<number> {
  return scripted(print, async (steps) => {
    const actors = await steps.step(`${options.users} people sign in`, () => people(options));
    const crowd = await steps.step(`the first makes a group, the others join`, () => Crowd.gather(actors, 'Group test'));
    try {
      await talking(steps, crowd, options.messages);
    } finally {
      summary(crowd);
      await crowd.close();
    }
  });
}

async function talking(steps: Steps, crowd: Crowd, each: number): Promise<void> {
  const total = crowd.heads.length * each;
  await steps.step(`all say ${each} things at once: ${total}`, () => crowd.burst(each));
  await steps.step('everybody shows all of them, once, in one order', () => agreed(crowd));
  const broken = crowd.heads.at(-1);
  await steps.step(`they do so again while the connection of one is cut: ${2 * total}`, async () => {
    const said = crowd.burst(each);
    broken?.device.cable.drop();
    await said;
    await agreed(crowd);
  });
}

async function agreed(crowd: Crowd): Promise<void> {
  await crowd.settle();
  const wrong = crowd.check().filter((findings) => !isRight(findings));
  expectThat(wrong.length === 0, wrong.map(findingsText).join('; '));
}

function summary({ heads, saidCount, times }: Crowd): void {
  print(`${heads.length} people, ${saidCount} messages, ${times.shown.length} times shown to somebody else`);
  print(`stored after ${timesText(times.stored)}; shown after ${timesText(times.shown)}`);
}

/** One after the other: many at once would only wait for each other's password hashes, or be refused. */
async function people(options: GroupOptions): Promise<Actor[]> {
  const actors: Actor[] = [];
  for (let number = 1; number <= options.users; number++) actors.push(await person(options, number));
  return actors;
}

function person(options: GroupOptions, number: number): Promise<Actor> {
  const { as: prefix, password } = options;
  if (prefix === undefined) return freshActor(`person${number}`, options);
  if (password === undefined) throw new Error('--as needs the --password that they share.');
  return knownActor({ username: `${prefix}${number}`, password }, options);
}
