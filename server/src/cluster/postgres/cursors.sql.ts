/**
 * Moves cursors of locked conversations, at most one move for each member: cumulative, clamped to the log, never back
 * (R20). Of each: [delivered, read, unread, delivered before, read before]; null: not a member.
 *
 * A read cursor keeps the log's ordinal at its seq, and how many up to there are the member's own. At the log's end
 * nothing is counted; in the middle, the messages on the shorter side, in the journal. If that does not hold them all,
 * the outcome is ['look', read before, read to, last seq], nothing is moved, and the caller counts one side through the
 * archive: 'mm' messages, 'oo' of them own, in (lo, hi]. Entries never change sides, so that such a count stays true.
 */
export const MOVE_CURSORS = `
CREATE OR REPLACE FUNCTION move_cursors(batch json, now_ms bigint) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  outcomes json;
BEGIN
  WITH move AS MATERIALIZED (
    SELECT * FROM json_to_recordset(batch) AS x(i int, c text, u text, d bigint, r bigint, lo bigint, hi bigint, mm bigint, oo bigint)
  ), aimed AS MATERIALIZED (
    SELECT move.*, c.kind, c.last_seq, c.last_ordinal, m.sent, m.delivered_seq, m.read_seq, m.read_ordinal, m.read_sent,
      greatest(m.read_seq, least(move.r, c.last_seq)) AS read_to
    FROM move JOIN conversations c ON c.id = move.c
      JOIN memberships m ON m.conversation_id = move.c AND m.user_id = move.u AND m.left_seq IS NULL
  ), sided AS MATERIALIZED (
    SELECT aimed.*, CASE
        WHEN read_to = read_seq THEN 'stays'
        WHEN read_to = last_seq THEN 'end'
        WHEN lo = read_seq AND hi = read_to THEN 'known'
        WHEN lo = read_to THEN 'above'
        WHEN read_to - read_seq < last_seq - read_to THEN 'below'
        ELSE 'above'
      END AS side,
      CASE WHEN lo = read_to THEN hi ELSE read_to END AS above_from
    FROM aimed
  ), counted AS MATERIALIZED (
    SELECT sided.*, below.total AS below_total, below.messages AS below_messages, below.own AS below_own,
      above.total AS above_total, above.messages AS above_messages, above.own AS above_own
    FROM sided
      LEFT JOIN LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE j.kind = 'message') AS messages,
          count(*) FILTER (WHERE j.kind = 'message' AND j.sender_id = sided.u) AS own
        FROM journal j
        WHERE sided.side = 'below' AND j.conversation_id = sided.c AND j.seq > sided.read_seq AND j.seq <= sided.read_to
      ) below ON true
      LEFT JOIN LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE j.kind = 'message') AS messages,
          count(*) FILTER (WHERE j.kind = 'message' AND j.sender_id = sided.u) AS own
        FROM journal j
        WHERE (sided.side = 'above' OR sided.side = 'below' AND below.total < sided.read_to - sided.read_seq)
          AND j.conversation_id = sided.c AND j.seq > sided.above_from AND j.seq <= sided.last_seq
      ) above ON true
  ), marked AS MATERIALIZED (
    SELECT i, c, u, kind, last_seq, last_ordinal, sent, delivered_seq, read_seq, read_to,
      greatest(delivered_seq, read_to, least(d, last_seq)) AS delivered_to,
      CASE mark WHEN 'stays' THEN read_ordinal WHEN 'end' THEN last_ordinal WHEN 'known' THEN read_ordinal + mm
        WHEN 'below' THEN read_ordinal + below_messages
        WHEN 'above' THEN last_ordinal - above_messages - CASE WHEN lo = read_to THEN mm ELSE 0 END
      END AS ordinal_to,
      CASE mark WHEN 'stays' THEN read_sent WHEN 'end' THEN sent WHEN 'known' THEN read_sent + oo
        WHEN 'below' THEN read_sent + below_own
        WHEN 'above' THEN sent - above_own - CASE WHEN lo = read_to THEN oo ELSE 0 END
      END AS sent_to
    FROM (
      SELECT counted.*, CASE
          WHEN side = 'below' AND below_total = read_to - read_seq THEN 'below'
          WHEN side IN ('above', 'below') THEN CASE WHEN above_total = last_seq - above_from THEN 'above' ELSE 'look' END
          ELSE side
        END AS mark
      FROM counted
    ) counted
  ), moved AS MATERIALIZED (
    SELECT * FROM marked WHERE ordinal_to IS NOT NULL AND (delivered_to <> delivered_seq OR read_to <> read_seq)
  ), updated AS (
    UPDATE memberships m SET delivered_seq = delivered_to, read_seq = read_to, read_ordinal = ordinal_to, read_sent = sent_to,
      moved_at = greatest(m.moved_at, now_ms)
    FROM moved WHERE m.conversation_id = moved.c AND m.user_id = moved.u
  ), told AS (
    UPDATE conversations chat SET moved_at = now_ms
    FROM (SELECT DISTINCT c FROM moved WHERE kind = 'direct') direct WHERE chat.id = direct.c AND chat.moved_at < now_ms
  ), dropped AS (
    DELETE FROM offline_messages o USING moved
    WHERE o.user_id = moved.u AND o.conversation_id = moved.c AND delivered_to <> delivered_seq AND delivered_to >= last_seq
  ), advanced AS (
    UPDATE offline_messages o SET first_seq = delivered_to + 1 FROM moved
    WHERE o.user_id = moved.u AND o.conversation_id = moved.c AND delivered_to <> delivered_seq AND delivered_to < last_seq
  )
  SELECT json_agg(CASE
      WHEN marked.i IS NULL THEN NULL
      WHEN ordinal_to IS NULL THEN json_build_array('look', read_seq, read_to, last_seq)
      ELSE json_build_array(delivered_to, read_to, last_ordinal - ordinal_to - (sent - sent_to), delivered_seq, read_seq)
    END ORDER BY move.i)
  INTO outcomes
  FROM move LEFT JOIN marked ON marked.i = move.i;
  RETURN outcomes;
END $$`;
