import { Command } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { ended } from './ended.js';
import { openProgress } from './progress.js';
import { Cast } from './seed/cast.js';
import { lastInChats, seedChats } from './seed/chats.js';
import { Dummies } from './seed/dummies.js';
import { lastInGroups, seedGroups } from './seed/groups.js';
import { openPlace } from './seed/open-place.js';
import type { Scene } from './seed/scene.js';
import { Tally } from './seed/tally.js';
import { seedUsers } from './seed/users.js';
import { wholeNumber } from './whole-number.js';

/** As in the examples of the documentation. */
const PASSWORD = 'correct horse battery';

interface SeedOptions {
  count: number;
  prefix: string;
  password?: string;
  url?: string;
}
type Seed = (scene: Scene) => Promise<void>;

/** `npm run create-dummy-users`, `create-chats`, `create-groups`: fills a store to try things out with. */
const program = new Command('seed')
  .description('Fills Parley with dummy people and what they say. Safe to repeat: what is there already is skipped.')
  .showHelpAfterError();

seedCommand('users', 'create-dummy-users', 'Makes accounts user1, user2 … that share one password.')
  .option('--count <number>', 'how many accounts', wholeNumber(1, 100_000), 50)
  .action((options: SeedOptions) => seed('users', options, options.count, (scene) => seedUsers(scene, options.count)));

seedCommand('chats', 'create-chats', 'Makes direct chats with messages, and the accounts they need.')
  .option('--count <number>', 'how many chats', wholeNumber(1, 100_000), 50)
  .option('--messages <number>', 'in each', wholeNumber(0, 10_000), 10)
  .action((options: SeedOptions & { messages: number }) =>
    seed('chats', options, lastInChats(options.count), (scene) => seedChats(scene, options)),
  );

seedCommand('groups', 'create-groups', 'Makes groups with messages, and the accounts they need.')
  .option('--count <number>', 'how many groups', wholeNumber(1, 10_000), 10)
  .option('--members <number>', 'in each', wholeNumber(2, 500), 8)
  .option('--messages <number>', 'in each', wholeNumber(0, 10_000), 10)
  .action((options: SeedOptions & { members: number; messages: number }) =>
    seed('groups', options, lastInGroups(options), (scene) => seedGroups(scene, options)),
  );

await program.parseAsync();

function seedCommand(name: string, script: string, about: string): Command {
  return program
    .command(name)
    .configureHelp({ commandUsage: () => `npm run ${script} -- [options]` })
    .description(`${about} Into the store, or through the server that has it.`)
    .option('--prefix <text>', 'how the usernames begin', 'user')
    .option('--password <text>', `of all of them (default, but not in production: "${PASSWORD}")`)
    .option('--url <url>', 'go through the server there (default: the store of DATA_DIR, or the server that has it)');
}

function seed(label: string, options: SeedOptions, lastNumber: number, run: Seed): Promise<void> {
  return ended(async () => {
    const config = loadConfig();
    const dummies = new Dummies({ prefix: options.prefix, password: passwordOf(options, config) }, lastNumber);
    const place = await openPlace(config, options.url);
    process.stdout.write(`Into ${place.about}.\n`);
    const tally = new Tally();
    const progress = openProgress(label, options.count);
    try {
      await run({ cast: new Cast(place, dummies, tally), tally, step: () => progress.step() });
    } finally {
      progress.stop();
      for (const line of tally.lines()) process.stdout.write(`${line}\n`);
      await place.close();
    }
    process.stdout.write(`Be one of them: ${place.login(dummies.number(1))}\n`);
  });
}

/** A password that everybody can read must not open accounts where it matters. */
function passwordOf({ password }: SeedOptions, { production }: Config): string {
  if (password === undefined && production) throw new Error('In production, say which password with --password.');
  return password ?? PASSWORD;
}
