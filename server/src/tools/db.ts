import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { checkTypes, SCHEMA_TYPES } from './db/generate.js';
import { migrateStore } from './db/migrate.js';
import { showRows, showTables } from './db/studio.js';
import { ended } from './ended.js';
import { wholeNumber } from './whole-number.js';

/** `npm run db:migrate`, `db:generate`, `db:push`, `db:studio`: the store of DATA_DIR, from the outside. */
const program = new Command('db').description('The store of DATA_DIR, or the databases of the cluster.').showHelpAfterError();

program
  .command('migrate')
  .configureHelp({ commandUsage: () => 'npm run db:migrate' })
  .description('Runs the migrations that the store has not had yet. A server does the same when it starts.')
  .action(() => say(migrate));

program
  .command('push')
  .configureHelp({ commandUsage: () => 'npm run db:push' })
  .description('The same as migrate: the schema is only ever changed by migrations.')
  .action(() => say(async () => `There is no push without a migration; this is db:migrate.\n${await migrate()}`));

program
  .command('generate')
  .configureHelp({ commandUsage: () => 'npm run db:generate -- [options]' })
  .description('Generates nothing: the types of the tables are written by hand. Checks that they are what the migrations make.')
  .option('--schema <file>', 'the types to check', SCHEMA_TYPES)
  .action(({ schema }: { schema: string }) =>
    say(async () => `Nothing to generate: the types of the tables are in server/src/sql/schema.ts.\n${await checkTypes(schema)}`),
  );

program
  .command('studio')
  .configureHelp({ commandUsage: () => 'npm run db:studio -- [options] [table]' })
  .description('Looks into the store, also while a server has it: the tables, or the newest rows of one. Changes nothing.')
  .argument('[table]', 'whose rows to show')
  .option('--limit <number>', 'how many rows', wholeNumber(1, 10_000), 20)
  .action((table: string | undefined, { limit }: { limit: number }) =>
    say(async () => {
      const { dataDir, cluster } = loadConfig();
      if (cluster !== null) return (await forCluster()).studioOfCluster(cluster);
      return table === undefined ? showTables(dataDir) : showRows(dataDir, table, limit);
    }),
  );

await program.parseAsync();

async function migrate(): Promise<string> {
  const { dataDir, cluster } = loadConfig();
  return cluster === null ? migrateStore(dataDir) : (await forCluster()).migrateCluster(cluster);
}

/** Its packages are loaded only where they are used. */
function forCluster() {
  return import('./db/migrate-cluster.js');
}

function say(run: () => Promise<string>): Promise<void> {
  return ended(async () => void process.stdout.write(`${await run()}\n`));
}
