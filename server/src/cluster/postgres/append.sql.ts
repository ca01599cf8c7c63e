/**
 * Appending, in the database: one call of `tick` for a lane's whole batch, one transaction, one sync.
 *
 * Lock first, then look (R2): a statement of READ COMMITTED sees what was committed when it began, not when it got its
 * lock. So the conversations are locked in a statement of their own, in the order of their ids like everywhere, and all
 * that follows sees what the last holder of the lock committed. Whatever changes a conversation, its memberships or its
 * offline rows locks the conversation first; so nothing below needs an order of its own.
 *
 * Planner settings: a fresh partition has no statistics, and a plan that was made for it then and kept would read it from
 * end to end an hour later (243 calls/s instead of thousands, measured). Everything here is found by an index.
 */
export const TICK = `
CREATE OR REPLACE FUNCTION tick(ids text[], sends json, changes jsonb, moves json, boot text,
  OUT sent json, OUT changed jsonb, OUT moved json)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  now_ms bigint;
BEGIN
  PERFORM FROM conversations WHERE id = ANY (ids) ORDER BY id FOR UPDATE;
  now_ms := clock_ms();
  IF sends IS NOT NULL THEN sent := append_sends(sends, boot, now_ms); END IF;
  IF changes IS NOT NULL THEN changed := append_changes(changes, boot, now_ms); END IF;
  IF moves IS NOT NULL THEN moved := move_cursors(moves, now_ms); END IF;
END $$`;

/**
 * Messages of locked conversations, at most one for each client id. Of each: ['appended' or 'repeated', seq, ordinal,
 * created_at, members_version, message_id], or its refusal's code.
 */
export const APPEND_SENDS = `
CREATE OR REPLACE FUNCTION append_sends(batch json, boot text, now_ms bigint) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  outcomes json;
BEGIN
  WITH item AS MATERIALIZED (
    SELECT * FROM json_to_recordset(batch) AS x(i int, n bigint, c text, s text, m text, t text, k text, h bigint)
  ), judged AS MATERIALIZED (
    SELECT item.*, c.last_seq, c.last_ordinal, c.members_version, greatest(c.last_at, now_ms) AS at,
      sent.seq AS sent_seq, sent.ordinal AS sent_ordinal, sent.created_at AS sent_at, sent.message_id AS sent_id,
      CASE
        WHEN c.id IS NULL THEN 'not_member'
        WHEN sent.seq IS NOT NULL THEN CASE WHEN sent.hash = item.h THEN 'repeated' ELSE 'client_id_reused' END
        WHEN c.closed <> 0 THEN 'group_closed'
        WHEN c.blocked <> 0 THEN 'blocked'
        WHEN m.user_id IS NULL THEN 'not_member'
        ELSE 'appended'
      END AS verdict
    FROM item
      LEFT JOIN conversations c ON c.id = item.c
      LEFT JOIN memberships m ON m.conversation_id = item.c AND m.user_id = item.s AND m.left_seq IS NULL
      LEFT JOIN LATERAL (
        SELECT seq, ordinal, created_at, message_id, hash FROM sends
        WHERE item.k IS NOT NULL AND conversation_id = item.c AND sender_id = item.s AND client_id = item.k
        LIMIT 1
      ) sent ON true
  ), placed AS MATERIALIZED (
    SELECT judged.*, last_seq + place AS seq, last_ordinal + place AS ordinal, place = of_all AS is_last
    FROM (
      SELECT judged.*, count(*) OVER (PARTITION BY c ORDER BY i) AS place, count(*) OVER (PARTITION BY c) AS of_all
      FROM judged WHERE verdict = 'appended'
    ) judged
  ), journaled AS (
    INSERT INTO journal (conversation_id, seq, ordinal, message_id, kind, sender_id, created_at, content, client_id,
      members_version, boot_id, n)
    SELECT c, seq, ordinal, m, 'message', s, at, t, k, members_version, boot, n FROM placed
  ), remembered AS (
    INSERT INTO sends (conversation_id, sender_id, client_id, seq, ordinal, message_id, hash, created_at)
    SELECT c, s, k, seq, ordinal, m, h, at FROM placed WHERE k IS NOT NULL
  ), moved AS (
    UPDATE conversations chat SET last_seq = placed.seq, last_ordinal = placed.ordinal, last_message_seq = placed.seq,
      last_at = placed.at, moved_at = greatest(chat.moved_at, placed.at),
      last_message = json_build_array(placed.seq, placed.ordinal, m, s, placed.at, t, k, NULL, NULL)::text
    FROM placed WHERE placed.is_last AND chat.id = placed.c
  ), counted AS (
    UPDATE memberships own SET sent = own.sent + more.count
    FROM (SELECT c, s, count(*) FROM placed GROUP BY c, s) more
    WHERE own.conversation_id = more.c AND own.user_id = more.s
  )
  SELECT json_agg(CASE judged.verdict
      WHEN 'appended' THEN json_build_array('appended', placed.seq, placed.ordinal, placed.at, placed.members_version, placed.m)
      WHEN 'repeated' THEN json_build_array('repeated', judged.sent_seq, judged.sent_ordinal, judged.sent_at, judged.members_version,
        judged.sent_id)
      ELSE to_json(judged.verdict)
    END ORDER BY judged.i)
  INTO outcomes
  FROM judged LEFT JOIN placed ON placed.i = judged.i;
  RETURN outcomes;
END $$`;

/** Changes of locked conversations, and new groups, one after the other. Of each its outcome, as \`append_change\` gives it. */
export const APPEND_CHANGES = `
CREATE OR REPLACE FUNCTION append_changes(batch jsonb, boot text, now_ms bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  change jsonb;
  outcomes jsonb := '[]';
BEGIN
  FOR change IN SELECT value FROM jsonb_array_elements(batch) LOOP
    outcomes := outcomes || jsonb_build_array(
      CASE WHEN change ? 'group' THEN create_group(change, boot, now_ms) ELSE append_change(change, boot, now_ms) END);
  END LOOP;
  RETURN outcomes;
END $$`;

/** The rows of a change's entries. */
export const APPEND_ENTRIES = `
CREATE OR REPLACE FUNCTION append_entries(change jsonb, boot text, seq_before bigint, ordinal_of_all bigint, at bigint,
  version bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO journal (conversation_id, seq, ordinal, message_id, kind, sender_id, created_at, content, detail, target_seq,
    members_version, boot_id, n)
  SELECT change ->> 'c', seq_before + place, ordinal_of_all, e ->> 'm', e ->> 'k', change ->> 'a', at, e ->> 't', e ->> 'd',
    (e ->> 'g')::bigint, version, boot, (change ->> 'n')::bigint + place - 1
  FROM jsonb_array_elements(change -> 'e') WITH ORDINALITY AS x(e, place)
$$`;

/**
 * All or nothing, and only on the members that the caller saw (R6). An edit or deletion is later than everything before
 * it, so that in the archive, where the latest time wins, it never ties with its target. Gives ['appended', first seq,
 * ordinal, created_at, members_version], a refusal's code, or 'look': the target is not in the journal any more, and is
 * to be looked up in the archive and given as 'f'.
 */
export const APPEND_CHANGE = `
CREATE OR REPLACE FUNCTION append_change(change jsonb, boot text, now_ms bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  chat conversations%ROWTYPE;
  revision jsonb := change -> 'r';
  settings jsonb := change -> 's';
  refused text;
  at bigint;
  version bigint;
  member_change bigint := 0;
BEGIN
  SELECT * INTO chat FROM conversations WHERE id = change ->> 'c';
  IF NOT FOUND THEN RETURN '"not_found"'; END IF;
  IF chat.members_version <> (change ->> 'v')::bigint THEN RETURN '"stale"'; END IF;
  at := greatest(chat.last_at, now_ms);
  IF revision IS NOT NULL THEN
    refused := refusal_to_revise(chat, revision, change -> 'f');
    IF refused IS NOT NULL THEN RETURN to_jsonb(refused); END IF;
    at := greatest(chat.last_at + 1, now_ms);
    PERFORM revise(chat, revision, at);
  END IF;

  version := chat.members_version + CASE WHEN jsonb_array_length(change -> 'p') > 0
    OR settings ?| ARRAY['access', 'visibility', 'closed'] THEN 1 ELSE 0 END;
  PERFORM append_entries(change, boot, chat.last_seq, chat.last_ordinal, at, version);
  IF jsonb_array_length(change -> 'p') > 0 THEN member_change := apply_members(change -> 'p', chat, at); END IF;
  UPDATE conversations SET last_seq = last_seq + jsonb_array_length(change -> 'e'), last_at = at,
    moved_at = greatest(moved_at, at), members_version = version, member_count = member_count + member_change,
    name = coalesce(settings ->> 'name', name), access = coalesce(settings ->> 'access', access),
    visibility = coalesce(settings ->> 'visibility', visibility), closed = coalesce((settings ->> 'closed')::int, closed)
  WHERE id = chat.id;
  RETURN jsonb_build_array('appended', chat.last_seq + 1, chat.last_ordinal, at, version);
END $$`;

/**
 * Why a message cannot be edited or deleted, if so. What the archive said of a target was read before the lock: an edit
 * of then does not matter, and a deletion since then is in the journal still.
 */
export const REFUSAL_TO_REVISE = `
CREATE OR REPLACE FUNCTION refusal_to_revise(chat conversations, revision jsonb, archived jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  at_seq bigint := (revision ->> 'seq')::bigint;
  target record;
BEGIN
  IF at_seq < 1 OR at_seq > chat.last_seq THEN RETURN 'not_found'; END IF;
  SELECT message_id, kind, deleted_at IS NOT NULL AS deleted INTO target
  FROM journal WHERE conversation_id = chat.id AND seq = at_seq;
  IF NOT FOUND THEN
    IF archived IS NULL THEN RETURN 'look'; END IF;
    SELECT archived ->> 'id' AS message_id, archived ->> 'kind' AS kind, (archived ->> 'deleted')::boolean
      OR EXISTS (SELECT FROM journal WHERE conversation_id = chat.id AND target_seq = at_seq AND kind = 'delete') AS deleted
    INTO target;
  END IF;
  IF target.message_id IS DISTINCT FROM revision ->> 'id' OR target.kind <> 'message' THEN RETURN 'not_found'; END IF;
  RETURN CASE WHEN target.deleted THEN 'message_deleted' END;
END $$`;

/** The target's row says what became of it (R18); what edits said is gone once it is deleted. */
export const REVISE = `
CREATE OR REPLACE FUNCTION revise(chat conversations, revision jsonb, at bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  at_seq bigint := (revision ->> 'seq')::bigint;
  deleting boolean := revision ->> 'content' IS NULL;
BEGIN
  UPDATE journal SET content = coalesce(revision ->> 'content', ''),
    edited_at = CASE WHEN deleting THEN edited_at ELSE at END, deleted_at = CASE WHEN deleting THEN at END
  WHERE conversation_id = chat.id AND seq = at_seq;
  IF deleting THEN
    UPDATE journal SET content = '' WHERE conversation_id = chat.id AND target_seq = at_seq AND kind = 'edit';
  END IF;
  IF chat.last_message_seq = at_seq THEN
    UPDATE conversations SET last_message = (
      jsonb_set(jsonb_set(last_message::jsonb, '{5}', to_jsonb(coalesce(revision ->> 'content', ''))),
        ARRAY[CASE WHEN deleting THEN '8' ELSE '7' END], to_jsonb(at))
    )::text WHERE id = chat.id;
  END IF;
END $$`;

/**
 * Takes in, takes out, or sets the role of each; gives by how many the members became more. Who comes, or comes back,
 * starts at their entry with everything before it delivered and read, so that nothing is unread.
 */
export const APPLY_MEMBERS = `
CREATE OR REPLACE FUNCTION apply_members(people jsonb, chat conversations, at bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  person record;
  more bigint := 0;
BEGIN
  FOR person IN SELECT p ->> 0 AS id, p ->> 1 AS role, chat.last_seq + 1 + (p ->> 2)::bigint AS seq
    FROM jsonb_array_elements(people) WITH ORDINALITY AS x(p, place) ORDER BY place
  LOOP
    IF person.role IS NULL THEN
      UPDATE memberships SET left_seq = person.seq, moved_at = greatest(moved_at, at)
      WHERE conversation_id = chat.id AND user_id = person.id AND left_seq IS NULL;
      IF FOUND THEN
        DELETE FROM offline_messages WHERE user_id = person.id AND conversation_id = chat.id;
        more := more - 1;
      END IF;
      CONTINUE;
    END IF;
    UPDATE memberships SET role = person.role, moved_at = greatest(moved_at, at)
    WHERE conversation_id = chat.id AND user_id = person.id AND left_seq IS NULL;
    CONTINUE WHEN FOUND;
    INSERT INTO memberships AS m (conversation_id, user_id, role, joined_seq, joined_at, sent, delivered_seq, read_seq,
      read_ordinal, read_sent, moved_at)
    VALUES (chat.id, person.id, person.role, person.seq, at, 0, person.seq - 1, person.seq - 1, chat.last_ordinal, 0, at)
    ON CONFLICT (conversation_id, user_id) DO UPDATE SET role = excluded.role, joined_seq = excluded.joined_seq,
      joined_at = excluded.joined_at, left_seq = NULL, delivered_seq = excluded.delivered_seq, read_seq = excluded.read_seq,
      read_ordinal = excluded.read_ordinal, read_sent = m.sent, moved_at = greatest(m.moved_at, excluded.moved_at);
    more := more + 1;
  END LOOP;
  RETURN more;
END $$`;

/** A group with its first entries and members, in one go. Nobody else can have its id. */
export const CREATE_GROUP = `
CREATE OR REPLACE FUNCTION create_group(change jsonb, boot text, now_ms bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  its jsonb := change -> 'group';
  chat conversations%ROWTYPE;
  entries bigint := jsonb_array_length(change -> 'e');
BEGIN
  INSERT INTO conversations (id, kind, last_seq, last_ordinal, last_message_seq, last_at, moved_at, created_at,
    members_version, member_count, name, access, visibility, closed, blocked)
  VALUES (change ->> 'c', 'group', 0, 0, 0, now_ms, now_ms, now_ms, 1, 0, its ->> 'name', its ->> 'access',
    its ->> 'visibility', 0, 0)
  RETURNING * INTO chat;
  PERFORM append_entries(change, boot, 0, 0, now_ms, 1);
  UPDATE conversations SET last_seq = entries, member_count = apply_members(change -> 'p', chat, now_ms) WHERE id = chat.id;
  RETURN jsonb_build_array('appended', 1, 0, now_ms, 1);
END $$`;
