import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { needChromium } from './chromium.js';
import { KIND_NAMES, KINDS, type Env, type Kind, type KindName } from './kinds.js';
import { alone } from './lock.js';
import type { Source } from './record.js';
import { say } from './say.js';
import { addressIn, Stack } from './stack.js';

const ABOUT = [
  'The real services that the cluster profile needs, for development and tests: PostgreSQL, Redis, Cassandra.',
  'Each comes from where the environment says (POSTGRES_URL, REDIS_URL, REDIS_CLUSTER, CASSANDRA_CONTACT_POINTS), else from Docker if there is an engine, else from programs on this machine; what is missing is installed with apt-get, and Cassandra is fetched once with Maven.',
].join('\n\n');

const DEFAULT_KINDS: readonly KindName[] = ['postgres', 'redis', 'cassandra'];
const LOG_LINES = 50;

interface Selected {
  dir: string;
  only?: KindName[];
  redisCluster: boolean;
}

interface UpOptions extends Selected {
  port: Map<KindName, number>;
  from?: Source;
  json: boolean;
  foreground: boolean;
  throwaway: boolean;
  whileStdin: boolean;
}

/** What came up, and what did not and why. */
interface Outcome {
  env: Env;
  failed: Partial<Record<KindName, string>>;
}

const program = new Command('npm run services --').description(ABOUT).showHelpAfterError();

selecting(program.command('up').description('brings them up in the background; what is up already stays'))
  .option('--port <service=number>', 'the port for clients of one service; may be given for each', port, new Map())
  .addOption(new Option('--from <source>', 'where those come from that were not here before').choices(['docker', 'local']))
  .option('--foreground', 'stay, and stop them at the end of this process', false)
  .option('--throwaway', 'in the foreground, on free ports and in a temporary folder that is deleted at the end', false)
  .option('--while-stdin', 'in the foreground, and end also when standard input does', false)
  .option('--json', 'print what came up, and what failed, as one line of JSON', false)
  .action((options: UpOptions) => (staysHere(options) ? stay(options) : upInBackground(options)));

selecting(program.command('down').description('stops them; without --only, all'))
  .option('--delete', 'delete all that they stored', false)
  .action(down);

selecting(program.command('status').description('each one’s state and address')).action(status);

selecting(program.command('env').description('prints the settings to use: eval "$(npm run -s services -- env)"'))
  .option('--json', 'as JSON', false)
  .action(env);

selecting(program.command('run').description('brings them up, and runs a command with their settings: run -- node …'))
  .argument('<command...>', 'the command and its arguments')
  .action(runWith);

inFolder(program.command('logs').description('the end of a service’s log'))
  .addArgument(new Argument('<service>').choices(KIND_NAMES))
  .option('-n, --lines <number>', 'how many lines', Number, LOG_LINES)
  .action(async (name: KindName, options: { dir: string; lines: number }) => {
    print(await stackIn(options.dir).logs(KINDS[name], options.lines));
  });

program
  .command('chromium')
  .description('prints the path of a Chromium; installs it if there is none')
  .action(async () => print(await needChromium()));

try {
  await program.parseAsync();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function inFolder(command: Command): Command {
  return command.option('--dir <folder>', 'where their data, logs and records are', './.services');
}

function selecting(command: Command): Command {
  return inFolder(command)
    .option('--only <services>', `some of ${KIND_NAMES.join(',')}`, kindNames)
    .option('--redis-cluster', 'a Redis Cluster of three masters instead of one Redis', false);
}

function kindNames(text: string): KindName[] {
  return text.split(',').map((name) => {
    if (!(name in KINDS)) throw new InvalidArgumentError(`There is no ${name}.`);
    return name as KindName;
  });
}

function port(text: string, ports: Map<KindName, number>): Map<KindName, number> {
  const [name = '', value = ''] = text.split('=');
  const number = Number(value);
  if (!(name in KINDS)) throw new InvalidArgumentError(`There is no ${name}.`);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError('Expected 1 to 65535.');
  return ports.set(name as KindName, number);
}

function chosen({ only = [...DEFAULT_KINDS], redisCluster }: Selected): Kind[] {
  const clustered = redisCluster || (isSet('REDIS_CLUSTER') && !isSet('REDIS_URL') && !only.includes('redis-cluster'));
  const names = only.map((name) => (clustered && name === 'redis' ? 'redis-cluster' : name));
  return [...new Set(names)].map((name) => KINDS[name]);
}

function isSet(setting: string): boolean {
  return (process.env[setting] ?? '') !== '';
}

/** Those named, or all that there can be. */
function chosenOrAll(options: Selected): Kind[] {
  return options.only === undefined && !options.redisCluster ? Object.values(KINDS) : chosen(options);
}

function stackIn(folder: string): Stack {
  return new Stack({ folder, lifetime: 'independent', environment: process.env, usualPorts: true });
}

async function upInBackground(options: UpOptions): Promise<void> {
  const { dir, from: source } = options;
  const stack = new Stack({ folder: dir, lifetime: 'independent', environment: process.env, usualPorts: true, source });
  const outcome = await alone(stack.folder, () => upAll(stack, options));
  tell(outcome, options);
  if (Object.keys(outcome.failed).length > 0) process.exitCode = 1;
}

/** They stay up when the command ends. */
async function runWith([command = '', ...args]: string[], options: Selected): Promise<void> {
  const stack = stackIn(options.dir);
  const { env, failed } = await alone(stack.folder, () => upAll(stack, options));
  if (Object.keys(failed).length > 0) throw new Error(`Not started, because there is no ${Object.keys(failed).join(', no ')}.`);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  // In a terminal the command has got the signal as well, and decides.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

function staysHere({ foreground, throwaway, whileStdin }: UpOptions): boolean {
  return foreground || throwaway || whileStdin;
}

/** Brings them up, waits for the end of its own time, and stops them. */
async function stay(options: UpOptions): Promise<void> {
  const { throwaway, from: source } = options;
  const folder = throwaway ? temporaryFolder() : options.dir;
  const stack = new Stack({ folder, lifetime: 'owner', environment: process.env, usualPorts: !throwaway, source });
  const toldToEnd = ending(options.whileStdin);
  const bringUp = async () => {
    const outcome = await upAll(stack, options);
    tell(outcome, options);
    if (Object.keys(outcome.env).length === 0) throw new Error('Nothing is up.');
    await toldToEnd;
  };
  const use = async () => {
    try {
      await Promise.race([bringUp(), toldToEnd]);
    } finally {
      await Promise.all(chosen(options).map((kind) => stack.down(kind, { hard: throwaway })));
      if (throwaway) await stack.remove(chosen(options));
    }
  };
  await (throwaway ? use() : alone(stack.folder, use));
  process.exit(); // a start that was under way would go on
}

/** Others have to pass through it: PostgreSQL runs as another user. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-services-'));
  chmodSync(folder, 0o755);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when this process is told to end. */
function ending(withStdin: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (withStdin) process.stdin.on('end', resolve).on('error', resolve).resume();
    else setInterval(() => {}, 60_000); // nothing else keeps this process here
  });
}

async function upAll(stack: Stack, options: Selected & { port?: Map<KindName, number> }): Promise<Outcome> {
  const failed: Outcome['failed'] = {};
  const came = await Promise.all(
    chosen(options).map(async (kind) => {
      try {
        return await stack.up(kind, options.port?.get(kind.name));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failed[kind.name] = why;
        say(`${kind.title} is not up: ${why}`);
        return {};
      }
    }),
  );
  return { env: Object.assign({}, ...came) as Env, failed };
}

function tell(outcome: Outcome, { json }: { json: boolean }): void {
  if (json) print(JSON.stringify(outcome));
  else printExports(outcome.env);
}

async function down(options: Selected & { delete: boolean }): Promise<void> {
  const stack = stackIn(options.dir);
  const kinds = chosenOrAll(options);
  if (options.delete && kinds.length < KIND_NAMES.length) throw new Error('--delete deletes everything: leave out --only.');
  await alone(stack.folder, async () => {
    const stopped = await Promise.all(kinds.map((kind) => stack.down(kind)));
    kinds.forEach((kind, index) => stopped[index] === true && say(`${kind.title} is stopped`));
    if (!stopped.includes(true)) say('Nothing was up.');
    if (options.delete) await stack.remove(kinds);
  });
}

async function status(options: Selected): Promise<void> {
  const stack = stackIn(options.dir);
  for (const { kind, state, source, env, pids } of await Promise.all(chosenOrAll(options).map((each) => stack.status(each)))) {
    const processes = pids.length === 0 ? '' : `process ${pids.join(', ')}`;
    const words = state === 'silent' ? 'does not answer' : state;
    print(
      [kind.name.padEnd(14), words.padEnd(16), (source ?? '').padEnd(12), env === null ? '' : addressIn(env), processes]
        .join(' ')
        .trimEnd(),
    );
  }
}

async function env(options: Selected & { json: boolean }): Promise<void> {
  const stack = stackIn(options.dir);
  const all = await Promise.all(chosenOrAll(options).map((kind) => stack.status(kind)));
  const up = all.filter(({ state }) => state === 'up' || state === 'given');
  const settings = Object.assign({}, ...up.map((each) => each.env)) as Env;
  if (up.length === 0) throw new Error(`Nothing is up in ${relative('.', stack.folder) || '.'}: npm run services -- up`);
  if (options.json) print(JSON.stringify(settings));
  else printExports(settings);
}

function printExports(settings: Env): void {
  for (const [name, value] of Object.entries(settings)) print(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
