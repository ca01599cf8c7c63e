import type { Progress } from '../progress.js';
import { countsOf, totalOf, type Counts } from './census.js';
import type { Kind } from './kinds.js';
import type { Manifest, Part } from './manifest.js';
import { checkPart, rowsOf } from './parts.js';
import type { Target } from './stores.js';

type OpenProgress = (label: string, total: number) => Progress;

/** Rejects, naming the file, if one is missing or is not what the export wrote. */
export async function checkParts(folder: string, { parts }: Manifest, openProgress: OpenProgress): Promise<void> {
  const progress = openProgress('checking', parts.length);
  try {
    for (const part of parts) {
      await checkPart(folder, part);
      progress.step();
    }
  } finally {
    progress.stop();
  }
}

/** Writes what is not in the target yet. */
export async function importParts(
  folder: string,
  { parts, counts }: Manifest,
  { target, partsDone }: { target: Target; partsDone: number },
  openProgress: OpenProgress,
): Promise<void> {
  const progress = openProgress('importing', rowsOfAll(counts));
  try {
    progress.step(parts.slice(0, partsDone).reduce((sum, { rows }) => sum + rows, 0));
    for (const [index, part] of parts.entries()) {
      if (index < partsDone) continue;
      await importPart(folder, part.kind, part, target, index + 1);
      progress.step(part.rows);
    }
  } finally {
    progress.stop();
  }
}

/** Reads the target from one end to the other. */
export async function countTarget(target: Target, openProgress: OpenProgress): Promise<Counts> {
  const source = await target.read();
  try {
    const progress = openProgress('verifying', await totalOf(source));
    try {
      return await countsOf(source, () => progress.step());
    } finally {
      progress.stop();
    }
  } finally {
    await source.close();
  }
}

async function importPart<K extends Kind>(folder: string, kind: K, part: Part, target: Target, partsDone: number): Promise<void> {
  await target.write(kind, await rowsOf(folder, kind, part), partsDone);
}

function rowsOfAll(counts: Counts): number {
  return Object.values(counts).reduce((sum, { rows }) => sum + rows, 0);
}
