import { textTable } from '../db/text-table.js';
import type { Counts } from './census.js';
import { KINDS } from './kinds.js';
import type { Manifest } from './manifest.js';

const CHECKSUM_CHARS = 16;

/** What an export holds. */
export function exportReport({ counts, exportId }: Manifest): string {
  const rows = KINDS.map((kind) => [kind, counts[kind].rows, counts[kind].sha256.slice(0, CHECKSUM_CHARS)]);
  return [`Export ${exportId}`, textTable(['kind', 'rows', 'checksum'], rows), wholeLogs(counts)].join('\n');
}

/** What was exported beside what the target has. */
export function importReport({ counts, exportId }: Manifest, found: Counts): string {
  const rows = KINDS.map((kind) => [
    kind,
    counts[kind].rows,
    found[kind].rows,
    found[kind].sha256.slice(0, CHECKSUM_CHARS),
    isSame(counts, found, kind) ? 'the same' : `DIFFERS from ${counts[kind].sha256.slice(0, CHECKSUM_CHARS)}`,
  ]);
  const heading = ['kind', 'exported', 'imported', 'checksum', ''];
  return [`Import of export ${exportId}`, textTable(heading, rows), wholeLogs(found)].join('\n');
}

/** Kinds of which the target has something else. */
export function differing({ counts }: Manifest, found: Counts): string[] {
  return KINDS.filter((kind) => !isSame(counts, found, kind));
}

function isSame(a: Counts, b: Counts, kind: keyof Counts): boolean {
  return a[kind].rows === b[kind].rows && a[kind].sha256 === b[kind].sha256;
}

/** That they are was checked when they were counted. */
function wholeLogs({ conversations, entries }: Counts): string {
  return `Every log is whole, from 1 to its last seq: ${entries.rows} entries in ${conversations.rows} conversations.`;
}
