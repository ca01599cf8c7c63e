import type { Kysely } from 'kysely';
import type { Database } from './schema.js';

/** Throws if something is being moved here, or was and stopped half-way (R26): what people see would be without the rest. */
export async function refuseHalfImported(db: Kysely<Database>): Promise<void> {
  const half = await db.selectFrom('imports').select('export_id').where('finished_at', 'is', null).executeTakeFirst();
  if (half === undefined) return;
  throw new Error(`the import of export ${half.export_id} is not finished: run it again (npm run import), then start`);
}
