import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Counts } from './census.js';
import { KINDS, type Kind } from './kinds.js';

const FORMAT = 'parley-export';
/** Raised when an older import could not read what is written. */
const VERSION = 1;
export const MANIFEST = 'manifest.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const rows = z.int().min(0);

/** One file: rows of one kind, some of them. */
const Part = z.strictObject({
  file: z.string().regex(/^[a-z_]+-\d+\.ndjson\.gz$/),
  kind: z.enum(KINDS as [Kind, ...Kind[]]),
  rows,
  sha256,
});
export type Part = z.infer<typeof Part>;

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  exportId: z.uuid(),
  exportedAt: z.iso.datetime(),
  from: z.string(),
  counts: z.strictObject(Object.fromEntries(KINDS.map((kind) => [kind, z.strictObject({ rows, sha256 })]))),
  /** In the order in which they are to be read. */
  parts: z.array(Part),
});
export type Manifest = Omit<z.infer<typeof Manifest>, 'counts'> & { counts: Counts };

export function manifestOf(its: Omit<Manifest, 'format' | 'version'>): Manifest {
  return { format: FORMAT, version: VERSION, ...its };
}

/** Throws, naming the file and what is wrong with it. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  const its = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new Error(`There is no export in ${folder}: it has no ${MANIFEST}.`, { cause: error });
  });
  const manifest = decoded(path, its);
  const wrong = KINDS.find((kind) => rowsIn(manifest, kind) !== manifest.counts[kind].rows);
  if (wrong !== undefined) throw new Error(`${path} was changed: its parts do not have as many rows of ${wrong} as it says.`);
  return manifest;
}

function decoded(path: string, its: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(its);
  } catch (error) {
    throw new Error(`${path} is not whole, or was changed: it is no JSON.`, { cause: error });
  }
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format === FORMAT && version !== VERSION)
    throw new Error(`${path} has version ${String(version)} of the format, and this Parley reads version ${VERSION}.`);
  const outcome = Manifest.safeParse(json);
  if (!outcome.success) throw new Error(`${path} was changed, or is none of ours:\n${z.prettifyError(outcome.error)}`);
  return outcome.data as Manifest;
}

function rowsIn({ parts }: Manifest, kind: Kind): number {
  return parts.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.rows, 0);
}
