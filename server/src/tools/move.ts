import { Command } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { processRuntime } from '../host/runtime.js';
import { ended } from './ended.js';
import { EmbeddedSource } from './move/embedded-source.js';
import { EmbeddedTarget } from './move/embedded-target.js';
import { totalOf } from './move/census.js';
import { exportTo, refuseFull } from './move/export.js';
import { checkParts, countTarget, importParts } from './move/import.js';
import { readManifest, type Manifest } from './move/manifest.js';
import { differing, exportReport, importReport } from './move/report.js';
import type { Target } from './move/stores.js';
import { openProgress } from './progress.js';

const SECRET =
  'Not in it is the secret that signs tokens (JWT_SECRET, or DATA_DIR/jwt-secret). With the same one people stay signed in; ' +
  'with another they sign in again, with their old passwords.';

/** `npm run export`, `npm run import`: moves an installation, with all that it promised (R26). */
const program = new Command('move').description('Moves an installation into another store.').showHelpAfterError();

program
  .command('export')
  .configureHelp({ commandUsage: () => 'npm run export -- --to <folder>' })
  .description('Writes all of the store in DATA_DIR into a folder, which is there once it is whole. Safe to repeat.')
  .requiredOption('--to <folder>', 'is made; password hashes are in it, so only its owner may read it')
  .option('--live', 'while a server has the store: a copy as of now, for what is sent afterwards is not in it', false)
  .action((options: { to: string; live: boolean }) => ended(() => runExport(options)));

program
  .command('import')
  .configureHelp({ commandUsage: () => 'npm run import -- --from <folder>' })
  .description(
    'Writes an export into the empty databases of a cluster (PROFILE=cluster), or an empty DATA_DIR, and reads it all back ' +
      'to compare. Repeat it if it was stopped: it goes on from there. No server starts before it has finished.',
  )
  .requiredOption('--from <folder>', 'that the export made')
  .action((options: { from: string }) => ended(() => runImport(options)));

await program.parseAsync();

async function runExport({ to, live }: { to: string; live: boolean }): Promise<void> {
  const { dataDir, cluster } = loadConfig();
  if (cluster !== null)
    throw new Error('Only an embedded store can be exported: set PROFILE=embedded, and DATA_DIR to its folder.');
  await refuseFull(to);
  const source = live ? await EmbeddedSource.open(dataDir) : await EmbeddedSource.openIdle(dataDir);
  try {
    say(`From ${source.about} to ${to}.`);
    const progress = openProgress('exporting', await totalOf(source));
    try {
      const its = { exportId: processRuntime.id(), exportedAt: new Date(processRuntime.now()) };
      say(exportReport(await exportTo(to, source, its, progress)));
    } finally {
      progress.stop();
    }
    say(SECRET);
  } finally {
    await source.close();
  }
}

async function runImport({ from }: { from: string }): Promise<void> {
  const config = loadConfig();
  const manifest = await readManifest(from);
  await checkParts(from, manifest, openProgress);
  const target = await openTarget(config);
  try {
    await importInto(target, from, manifest);
  } finally {
    await target.close();
  }
}

async function importInto(target: Target, from: string, manifest: Manifest): Promise<void> {
  const { partsDone, finishedAt } = await target.begin(manifest.exportId);
  if (finishedAt !== null) {
    say(`Export ${manifest.exportId} was imported into ${target.about} at ${new Date(finishedAt).toISOString()}: nothing to do.`);
    return;
  }
  say(
    `From ${from} into ${target.about}${partsDone > 0 ? `, going on after part ${partsDone} of ${manifest.parts.length}` : ''}.`,
  );
  await importParts(from, manifest, { target, partsDone }, openProgress);
  const found = await countTarget(target, openProgress);
  say(importReport(manifest, found));
  const wrong = differing(manifest, found);
  if (wrong.length > 0)
    throw new Error(
      `The import is not what was exported: ${wrong.join(', ')}. No server will start on it; import into an empty store.`,
    );
  await target.finish();
  say('Servers may start.');
}

async function openTarget({ cluster, dataDir }: Config): Promise<Target> {
  if (cluster === null) return EmbeddedTarget.open(dataDir);
  // Its packages are loaded only where they are used.
  const { ClusterTarget } = await import('./move/cluster-target.js');
  return ClusterTarget.open(cluster);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
