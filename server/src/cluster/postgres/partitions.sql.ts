const MAKING_PARTITIONS = 2;

/**
 * Makes a partition if it is not there; any number of servers may. It is made by itself and then attached, which takes a
 * lock on the parent that lets reads and writes go on; CREATE … PARTITION OF would stop them. There is no default
 * partition: it would be locked and read through at each attach, and make DETACH CONCURRENTLY impossible.
 */
const MAKE_PARTITION = `
CREATE OR REPLACE FUNCTION make_partition(parent text, part text, low bigint, high bigint, settings text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(${MAKING_PARTITIONS}, 0);
  -- By a query: to_regclass remembers that there was none until the transaction takes a lock on some relation.
  IF EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = current_schema()::regnamespace) THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS) WITH (%s)', part, parent, settings);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, low, high);
END $$`;

/**
 * The partitions that entries of a time go to, and those of the next two hours and of the next day. The journal's are by
 * the hour, filled once, changed a little and dropped soon, so that vacuum need not visit them for what is inserted.
 * Those of client ids are by the day.
 */
const MAKE_PARTITIONS = `
CREATE OR REPLACE FUNCTION make_partitions(at bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  low bigint;
BEGIN
  FOR ahead IN 0..2 LOOP
    low := (at / 3600000 + ahead) * 3600000;
    PERFORM make_partition('journal', 'journal_' || to_char(to_timestamp(low / 1000) AT TIME ZONE 'UTC', 'YYYY_MM_DD_HH24'),
      low, low + 3600000, 'fillfactor = 90, autovacuum_vacuum_insert_threshold = -1');
    CONTINUE WHEN ahead > 1;
    low := (at / 86400000 + ahead) * 86400000;
    PERFORM make_partition('sends', 'sends_' || to_char(to_timestamp(low / 1000) AT TIME ZONE 'UTC', 'YYYY_MM_DD'),
      low, low + 86400000, 'fillfactor = 100');
  END LOOP;
END $$`;

export const PARTITIONS = [MAKE_PARTITION, MAKE_PARTITIONS];
