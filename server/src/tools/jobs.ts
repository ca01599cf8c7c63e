import { Command } from 'commander';
import { Inspection, type JobSeen } from '../cluster/jobs/inspection.js';
import type { RedisOptions } from '../cluster/options.js';
import { loadConfig } from '../config.js';
import { processRuntime } from '../host/runtime.js';
import type { QueueSeen } from '../ports/job-queues.js';
import type { Logger } from '../ports/logger.js';
import { ended } from './ended.js';

const REASON_MAX_CHARS = 100;

interface Which {
  queue?: string;
  all?: boolean;
}

const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

/** `npm run jobs`: the job queues of the cluster profile, and what died in them. */
const program = new Command('jobs')
  .configureHelp({ commandUsage: () => 'npm run jobs -- [command]' })
  .description('The job queues of the cluster profile: what waits, what runs, and dead letters, which failed for good.')
  .showHelpAfterError();

command('list', '[options]', 'Shows the queues; with --queue what is in one; with --dead the dead letters, newest first.')
  .option('--queue <name>', 'only this queue')
  .option('--dead', 'only dead letters', false)
  .action(({ queue, dead }: { queue?: string; dead: boolean }) =>
    say(async (jobs) => {
      if (dead) return deadTable(await jobs.dead(queue));
      return queue === undefined ? queueTable(await jobs.queues()) : jobTable(await jobs.jobs(queue));
    }),
  );

command('show', '<id>', 'Shows one job: what it is, what it carries, why it failed.')
  .argument('<id>', 'as list shows it: queue/id')
  .action((id: string) => say(async (jobs) => details(await jobs.show(id))));

command('replay', '[options] [id]', 'Puts a dead letter into its queue again, with all its attempts.')
  .argument('[id]', 'as list --dead shows it: queue/id')
  .option('--all', 'all dead letters')
  .option('--queue <name>', 'with --all: only of this queue')
  .action((id: string | undefined, which: Which) =>
    say(async (jobs) => {
      if (id === undefined) return `Put ${letters(await jobs.replayAll(all(which)))} into the queue again.`;
      await jobs.replay(one(id, which));
      return `Put ${id} into the queue again.`;
    }),
  );

command('drop', '[options] [id]', 'Deletes a dead letter.')
  .argument('[id]', 'as list --dead shows it: queue/id')
  .option('--all', 'all dead letters')
  .option('--queue <name>', 'with --all: only of this queue')
  .action((id: string | undefined, which: Which) =>
    say(async (jobs) => {
      if (id === undefined) return `Deleted ${letters(await jobs.dropAll(all(which)))}.`;
      await jobs.drop(one(id, which));
      return `Deleted ${id}.`;
    }),
  );

await program.parseAsync();

function command(name: string, usage: string, about: string): Command {
  return program
    .command(name)
    .configureHelp({ commandUsage: () => `npm run jobs -- ${name} ${usage}` })
    .description(about);
}

function say(run: (jobs: Inspection) => Promise<string>): Promise<void> {
  return ended(async () => {
    const jobs = await Inspection.open(redisOptions(), processRuntime, silent);
    try {
      process.stdout.write(`${await run(jobs)}\n`);
    } finally {
      jobs.close();
    }
  });
}

function redisOptions(): RedisOptions {
  const { cluster } = loadConfig();
  if (cluster === null) throw new Error('Only the cluster profile has job queues: set PROFILE=cluster and its REDIS_ settings.');
  return cluster.redis;
}

/** Which queue, or all; refuses to act on everything unasked. */
function all({ all: isAll, queue }: Which): string | undefined {
  if (isAll !== true) throw new Error('Say which: an id, or --all.');
  return queue;
}

function one(id: string, { all: isAll, queue }: Which): string {
  if (isAll === true || queue !== undefined) throw new Error('Say either an id or --all.');
  return id;
}

function queueTable(queues: QueueSeen[]): string {
  return table(
    ['queue', 'waiting', 'active', 'delayed', 'dead', 'next turn'],
    queues.map(({ queue, waiting, active, delayed, dead, nextAt }) => [queue, waiting, active, delayed, dead, time(nextAt)]),
  );
}

function jobTable(jobs: JobSeen[]): string {
  if (jobs.length === 0) return 'The queue is empty.';
  return table(
    ['id', 'state', 'job', 'attempts', 'added'],
    jobs.map(({ id, state, name, attempts, addedAt }) => [id, state, name, attempts, time(addedAt)]),
  );
}

function deadTable(jobs: JobSeen[]): string {
  if (jobs.length === 0) return 'There are no dead letters.';
  return table(
    ['id', 'job', 'attempts', 'failed', 'reason'],
    jobs.map(({ id, name, attempts, failedAt, reason }) => [id, name, attempts, time(failedAt), reason]),
  );
}

function details({ id, name, state, attempts, addedAt, failedAt, reason, stack, data }: JobSeen): string {
  const rows = { id, job: name, state, attempts, added: time(addedAt), failed: time(failedAt), data, reason, stack };
  return Object.entries(rows)
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `${`${label}:`.padEnd(10)}${printable(String(value))}`)
    .join('\n');
}

type Cell = string | number | null;

/** Rows in columns; ids are whole, for they are to be typed in again, and a long last column is cut. */
function table(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [heading, ...rows].map((row) => row.map(cell));
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(value: Cell, column: number, row: readonly Cell[]): string {
  const text = printable(String(value ?? '–')).replaceAll('\n', ' ');
  return column < row.length - 1 || text.length <= REASON_MAX_CHARS ? text : `${text.slice(0, REASON_MAX_CHARS - 1)}…`;
}

function letters(count: number): string {
  return `${count} dead letter${count === 1 ? '' : 's'}`;
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Without what would move the cursor of a terminal; lines stay. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
}

function nothing(): void {}
