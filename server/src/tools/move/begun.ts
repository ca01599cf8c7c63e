import type { ImportsTable } from '../../sql/schema.js';
import type { Begun } from './stores.js';

export type ImportRow = Pick<ImportsTable, 'export_id' | 'parts_done' | 'finished_at'>;

/** How far an import into a store has come; null: it can begin. Throws if something else is there (R26). */
export function begunOf(about: string, its: { exportId: string; imports: ImportRow[]; isEmpty: boolean }): Begun | null {
  const same = its.imports.find((row) => row.export_id === its.exportId);
  if (same !== undefined) return { partsDone: same.parts_done, finishedAt: same.finished_at };
  const half = its.imports.find((row) => row.finished_at === null);
  if (half !== undefined)
    throw new Error(
      `Another export, ${half.export_id}, was imported into ${about}, not to its end: finish that, or say an empty store.`,
    );
  if (!its.isEmpty || its.imports.length > 0)
    throw new Error(`There are people or conversations in ${about} already: an export needs an empty one.`);
  return null;
}
