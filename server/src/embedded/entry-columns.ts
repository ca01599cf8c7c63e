import { entryColumns } from '../sql/rows.js';

/** What an edit said is gone once its target is deleted. */
const contentOf = (table: string) =>
  `CASE WHEN ${table}.kind = 'edit' AND EXISTS (
     SELECT 1 FROM entries target WHERE target.conversation_id = ${table}.conversation_id
       AND target.seq = json_extract(${table}.detail, '$.target.seq') AND target.deleted_at IS NOT NULL
   ) THEN '' ELSE ${table}.content END`;

/** Columns of entries as they are read here. */
export const ENTRY_COLUMNS = entryColumns('e', contentOf('e'));
