import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Progress } from '../progress.js';
import { Census } from './census.js';
import { KINDS } from './kinds.js';
import { MANIFEST, manifestOf, type Manifest } from './manifest.js';
import { PartWriter, writeSynced } from './parts.js';
import type { Source } from './stores.js';

/** Rejects, unless the folder is not there yet, or empty. */
export async function refuseFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0) throw new Error(`${folder} is not empty: say another folder with --to.`);
}

/** Writes all of a store into a folder, which gets its name once it is whole; what an export that was killed left goes. */
export async function exportTo(
  folder: string,
  source: Source,
  its: { exportId: string; exportedAt: Date },
  progress: Progress,
): Promise<Manifest> {
  const target = resolve(folder);
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const census = new Census();
  const writer = new PartWriter(partial);
  for (const kind of KINDS) {
    for await (const row of source.rows(kind)) {
      await writer.add(kind, census.add(kind, row));
      progress.step();
    }
    await writer.end(kind);
  }
  const manifest = manifestOf({
    exportId: its.exportId,
    exportedAt: its.exportedAt.toISOString(),
    from: source.about,
    counts: census.end(),
    parts: writer.parts,
  });
  await writeSynced(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFolder(partial);
  await rename(partial, target);
  await syncFolder(dirname(target));
  return manifest;
}

/** Names of files are on the disk only once their folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
