import { parseArgs } from 'node:util';
import { MASKED, PLANTED } from './planted.js';
import { Progress } from './progress.js';
import { run, type Bug, type Outcome } from './run.js';
import { SOMETIMES } from './sometimes.js';

const HELP = `Runs whole servers and devices on models of PostgreSQL, Cassandra and Redis, under simulated time, with faults.

  npm run sim                           100 seeds
  npm run sim -- --seeds 1000           as many, from 1 on; --from 500 begins elsewhere
  npm run sim -- --seed 7               one seed; --trace tells everything that happens, frames too
  npm run sim -- --planted              each planted bug, until a checker catches it, in at most --seeds (500) seeds;
                                        --only <words> those whose names have these words; --seed 7 shows
                                        what that seed does with them

Ends with 1 if something promised did not hold, if a planted bug was not caught, or if of 100 seeds or more none did what
some of them are to do. A seed always does the same: one that failed is run again with --seed.
`;

/** Every so many seeds one is run twice. */
const TWICE_EVERY = 50;
/** Fewer need not show everything. */
const SHOWS_ALL_FROM = 100;
const SHOWN_MAX = 10;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean' },
    planted: { type: 'boolean' },
    only: { type: 'string', default: '' },
  },
});

if (values.help === true) process.stdout.write(HELP);
else if (values.planted === true && values.seed !== undefined)
  process.exitCode = await showPlanted(whole('seed', values.seed), values.only);
else if (values.planted === true) process.exitCode = await runPlanted(whole('seeds', values.seeds ?? '500'), values.only);
else if (values.seed !== undefined) process.exitCode = await runOne(whole('seed', values.seed), values.trace === true);
else process.exitCode = await runMany(whole('from', values.from), whole('seeds', values.seeds ?? '100'));

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  process.stderr.write(`--${name}: expected a whole number from 1 on; got ${JSON.stringify(text)}\n`);
  process.exit(2);
}

async function runOne(seed: number, traces: boolean): Promise<number> {
  const outcome = await run({ seed, ...traced(traces) });
  report(outcome);
  process.stdout.write(`seed ${seed}: ${outcome.violations.length} violations, trace ${outcome.hash}\n`);
  return outcome.violations.length === 0 ? 0 : 1;
}

function traced(traces: boolean | undefined): { trace?: (line: string) => void } {
  return traces === true ? { trace: (line) => void process.stdout.write(`${line}\n`) } : {};
}

async function runMany(from: number, count: number): Promise<number> {
  const startedAt = performance.now();
  const happened = new Map<string, number>();
  const failed: number[] = [];
  const sums = { events: 0, messages: 0 };
  const progress = new Progress();
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await run({ seed });
    if (outcome.violations.length > 0) {
      failed.push(seed);
      report(outcome);
    }
    if ((seed - from) % TWICE_EVERY === 0 && (await run({ seed })).hash !== outcome.hash) {
      failed.push(seed);
      process.stdout.write(`seed ${seed} did not do the same twice\n`);
    }
    for (const word of outcome.happened.keys()) happened.set(word, (happened.get(word) ?? 0) + 1);
    sums.events += outcome.events;
    sums.messages += outcome.messages;
    progress.tell(`${seed - from + 1} of ${count} seeds, ${failed.length} failed`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  process.stdout.write(
    `\n${count} seeds from ${from} in ${seconds.toFixed(0)} s (${((count / seconds) * 60).toFixed(0)} a minute): ` +
      `${sums.messages} messages, ${sums.events} events, ${failed.length} seeds failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}\n\n`,
  );
  const never: string[] = [];
  for (const [what, word] of Object.entries(SOMETIMES)) {
    const times = happened.get(word) ?? 0;
    if (times === 0) never.push(what);
    process.stdout.write(`${String(times).padStart(7)} seeds: ${what}\n`);
  }
  if (never.length > 0 && count >= SHOWS_ALL_FROM) process.stdout.write(`\nnever happened: ${never.join('; ')}\n`);
  return failed.length === 0 && (never.length === 0 || count < SHOWS_ALL_FROM) ? 0 : 1;
}

async function runPlanted(seedsMax: number, only: string): Promise<number> {
  const missed: string[] = [];
  process.stdout.write('| planted bug | caught by | after seeds |\n| --- | --- | --- |\n');
  for (const [name, bug] of planted(only)) {
    const caught = await caughtBy(name, bug, seedsMax);
    if (caught === null) missed.push(name);
    process.stdout.write(`| ${name} | ${caught === null ? '**nobody**' : `${caught.checkers.join(', ')} | ${caught.seeds}`} |\n`);
  }
  if (missed.length > 0) process.stdout.write(`\n${missed.length} planted bugs were not caught: ${missed.join('; ')}\n`);
  return missed.length === 0 ? 0 : 1;
}

async function showPlanted(seed: number, only: string): Promise<number> {
  for (const [name, bug] of planted(only)) {
    const outcome = await run({ seed, bug, ...traced(values.trace) });
    report(outcome);
    process.stdout.write(`seed ${seed} with ${name}: ${outcome.violations.length} violations\n`);
  }
  return 0;
}

/** Those of the name; without one all that a checker is to see. */
function planted(only: string): [string, Bug][] {
  const all = only === '' ? PLANTED : { ...PLANTED, ...MASKED };
  return Object.entries(all).filter(([name]) => name.includes(only));
}

/** The first seed that fails with the bug and does not without it. */
async function caughtBy(name: string, bug: Bug, seedsMax: number): Promise<{ checkers: string[]; seeds: number } | null> {
  const progress = new Progress();
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = await run({ seed, bug });
    if (violations.length > 0 && (await run({ seed })).violations.length === 0)
      return { checkers: [...new Set(violations.map(({ checker }) => checker))], seeds: seed };
    progress.tell(`${name}: ${seed} seeds`);
  }
  return null;
}

function report({ seed, violations }: Outcome): void {
  for (const { checker, what } of violations.slice(0, SHOWN_MAX)) process.stdout.write(`\nseed ${seed}: ${checker}: ${what}`);
  if (violations.length > SHOWN_MAX) process.stdout.write(`\nseed ${seed}: and ${violations.length - SHOWN_MAX} more`);
  if (violations.length > 0) process.stdout.write(`\nrun it again: npm run sim -- --seed ${seed} --trace\n`);
}
