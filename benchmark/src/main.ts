import { Command, InvalidArgumentError, Option } from 'commander';
import { bench, type BenchOptions, type Planned } from './bench.js';
import { defaultsOf, type Knob, type Scenario } from './scenarios/scenario.js';
import { MEASURED } from './scaling/measured.js';
import { DEMAND, needsOf, type Demand } from './scaling/model.js';
import { DEMAND_ABOUT, needsInWords } from './scaling/words.js';
import { SCENARIOS, SUITES } from './suites.js';

const ABOUT = [
  'Measures Parley: a server of its own for each scenario, loaded over real sockets by a generator in a third process.',
  'Latency counts from the moment at which a message was to be sent, so that waiting counts. Every receiver acknowledges as the SDK does, and checks every seq: one message lost, repeated or out of order fails the run (exit 1). CPU is that of the whole server process, all threads.',
  'The table is printed; run.json and index.html are in benchmark/results/<time>/.',
].join('\n\n');

const program = new Command('npm run bench --').description(ABOUT).showHelpAfterError();

for (const { name, about, scenarios } of SUITES) {
  addCommand(name, about).action((options: BenchOptions) =>
    finish(
      name,
      scenarios.map((scenario) => ({ scenario, settings: defaultsOf(scenario.knobs) })),
      options,
    ),
  );
}
for (const scenario of SCENARIOS) {
  const command = addCommand(scenario.name, scenario.about);
  for (const [name, knob] of Object.entries(scenario.knobs)) command.addOption(knobOption(name, knob));
  command.action((options: BenchOptions & Record<string, number | boolean>) =>
    finish(scenario.name, [{ scenario, settings: settingsFrom(scenario, options) }], options),
  );
}
addScaling();
await program.parseAsync();

/** Measures nothing: calculates. */
function addScaling(): void {
  const command = program
    .command('scaling')
    .description('what so many users need, by the constants that `constants` measured: arithmetic, see docs/scaling.md');
  for (const [name, about] of Object.entries(DEMAND_ABOUT))
    command.addOption(numberOption(name, about, DEMAND[name as keyof Demand], notNegative));
  command.action((demand: Demand) => void process.stdout.write(`${needsInWords(demand, needsOf(demand, MEASURED))}\n`));
}

function addCommand(name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .option('--dir <folder>', 'where data is kept during the run, on the disk to measure (default: beside the results)')
    .option(
      '--profile',
      'run servers under V8’s profiler; what it saw, and a list of the dearest functions, come beside the results',
      false,
    );
}

function knobOption(name: string, { about, byDefault, isFlag }: Knob): Option {
  return isFlag === true ? new Option(flagOf(name), about).default(false) : numberOption(name, about, byDefault);
}

function numberOption(name: string, about: string, byDefault: number, parse = positive): Option {
  return new Option(`${flagOf(name)} <number>`, about).default(byDefault).argParser(parse);
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

function notNegative(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || text.trim() === '')
    throw new InvalidArgumentError('Expected a number, 0 or above.');
  return value;
}

function settingsFrom(scenario: Scenario, options: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.keys(scenario.knobs).map((name) => [name, Number(options[name])]));
}

async function finish(name: string, planned: Planned[], options: BenchOptions): Promise<void> {
  const command = ['bench', name, ...process.argv.slice(3)].join(' ');
  if (!(await bench(command, planned, options))) process.exitCode = 1;
}
