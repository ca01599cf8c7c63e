/**
 * Servers with entries above their mark, in the journal or in one part of it; by a skip over the index, for there are few
 * servers and many entries.
 */
export const behindIn = (table: string): string => `WITH RECURSIVE boots AS (
    (SELECT boot_id FROM ${table} ORDER BY boot_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.boot_id FROM ${table} j WHERE j.boot_id > boots.boot_id ORDER BY j.boot_id LIMIT 1)
    FROM boots WHERE boots.boot_id IS NOT NULL
  )
  SELECT boots.boot_id FROM boots LEFT JOIN archive_marks m ON m.boot_id = boots.boot_id
  WHERE boots.boot_id IS NOT NULL
    AND EXISTS (SELECT FROM ${table} j WHERE j.boot_id = boots.boot_id AND j.n > coalesce(m.upto, 0))`;
