import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { setClock } from './demo/clock.js';
import { peopleWith } from './demo/people.js';
import { planOf } from './demo/plan.js';
import { tell } from './demo/tell.js';
import { ended } from './ended.js';
import { openProgress } from './progress.js';
import { openPlace } from './seed/open-place.js';
import { Tally } from './seed/tally.js';
import { StorePlace } from './seed/store-place.js';
import { wholeNumber } from './whole-number.js';

/** As in the examples of the documentation. */
const PASSWORD = 'correct horse battery';

interface DemoOptions {
  messages: number;
  password?: string;
  url?: string;
}

/** `npm run demo`: an installation as if people had used it for weeks. */
await new Command('demo')
  .configureHelp({ commandUsage: () => 'npm run demo -- [options]' })
  .description(
    'Fills Parley with people, groups and what they said in the last weeks, and says whom to sign in as. Safe to repeat: what is there already is skipped. Into the store while no server has it, with times that are past; else through the server, and then all of it was said just now.',
  )
  .option('--messages <number>', 'about how many', wholeNumber(100, 100_000), 3_000)
  .option('--password <text>', `of all of them (default, but not in production: "${PASSWORD}")`)
  .option('--url <url>', 'go through the server there (default: the store of DATA_DIR, or the server that has it)')
  .showHelpAfterError()
  .action((options: DemoOptions) => ended(() => demo(options)))
  .parseAsync();

async function demo({ messages, password, url }: DemoOptions): Promise<void> {
  const config = loadConfig();
  if (password === undefined && config.production) throw new Error('In production, say which password with --password.');
  const people = peopleWith(password ?? PASSWORD);
  const clock = setClock();
  const place = await openPlace(config, url, clock);
  const isAtRest = place instanceof StorePlace;
  process.stdout.write(`Into ${place.about}.\n`);
  if (!isAtRest)
    process.stdout.write('Messages get the time of now: a running server has no other. Stopped, it gets weeks of them.\n');
  const lines = planOf(messages, Date.now());
  const tally = new Tally();
  const progress = openProgress('messages', lines.length);
  try {
    await tell({ place, people, clock: isAtRest ? clock : null, tally, step: () => progress.step() }, lines);
  } finally {
    progress.stop();
    for (const line of tally.lines()) process.stdout.write(`${line}\n`);
    await place.close();
  }
  const [first, second] = people;
  const where = isAtRest ? `npm start, then http://localhost:${config.listen.httpPort}` : place.about;
  process.stdout.write(
    [
      `Sign in (${where}):`,
      `  ${first?.username}   password: ${first?.password}`,
      `and in another browser, to see both sides:`,
      `  ${second?.username}   password: ${second?.password}`,
      `All ${people.length} people have this password. To see the pages for operators too: npm run make-admin -- ${first?.username}`,
      '',
    ].join('\n'),
  );
}
