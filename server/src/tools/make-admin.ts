import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { http, refusalOf } from '@parley/protocol';
import type { Kysely } from 'kysely';
import { loadConfig, type Config } from '../config.js';
import { openFile } from '../embedded/migrate.js';
import { processRuntime } from '../host/runtime.js';
import { SqlAccounts } from '../sql/accounts.js';
import { SqlAuditLog } from '../sql/audit.js';
import type { Database } from '../sql/schema.js';
import { migrateStore } from './db/migrate.js';
import { databaseFile } from './db/open-file.js';
import { ended } from './ended.js';

/** `npm run make-admin`: gives an account the role of an operator, or takes it. Servers may be running. */
await new Command('make-admin')
  .configureHelp({ commandUsage: () => 'npm run make-admin -- [options] <username>' })
  .description(
    'Makes somebody an operator of this installation: they see /admin. Into the store of DATA_DIR, or with PROFILE=cluster into PostgreSQL; servers may be running, and know at once.',
  )
  .argument('<username>', 'who; the account must be there')
  .option('--revoke', 'takes the role away', false)
  .showHelpAfterError()
  .action((username: string, { revoke }: { revoke: boolean }) =>
    ended(async () => {
      const db = await openDatabase(loadConfig());
      try {
        process.stdout.write(`${await setAdmin(db, username, !revoke)}\n`);
      } finally {
        await db.destroy();
      }
    }),
  )
  .parseAsync();

/** In the audit log first, as whatever operators do. */
async function setAdmin(db: Kysely<Database>, username: string, admin: boolean): Promise<string> {
  const named = http.UserPath.safeParse({ username });
  if (!named.success) throw refusalOf(named.error);
  const accounts = new SqlAccounts(db);
  const account = await accounts.byUsername(username);
  if (account?.closedAt !== null)
    throw new Error(`There is nobody called ${username}: sign up first, on the page or with npm run client.`);
  if (account.admin === admin) return `${account.username} is ${admin ? 'an operator already' : 'no operator anyway'}.`;
  const action = admin ? 'make_admin' : 'revoke_admin';
  const entry = { id: processRuntime.id(), at: processRuntime.now(), actor: null, address: null };
  await new SqlAuditLog(db).add({ ...entry, action, target: account.username });
  await accounts.setAdmin(account.id, admin);
  if (!admin) return `${account.username} is no operator any more.`;
  return `${account.username} is an operator: /admin is there for them, after a reload also in the menu.`;
}

async function openDatabase({ dataDir, cluster }: Config): Promise<Kysely<Database>> {
  // Its packages are loaded only where they are used.
  if (cluster !== null) return (await import('./db/open-postgres.js')).openPostgresDatabase(cluster);
  if (!existsSync(databaseFile(dataDir)))
    throw new Error(`There is no store in ${dataDir}: start the server once (npm start) and sign up, or set DATA_DIR.`);
  await migrateStore(dataDir);
  return openFile(databaseFile(dataDir));
}
