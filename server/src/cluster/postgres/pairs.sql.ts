import { LIMITS } from '@parley/protocol';

/**
 * What is between two people, and who is owed what. Order of locks everywhere: first the pair, then conversations by id;
 * all else only under the lock of its conversation. Locks are taken in a statement before the one that looks (R2).
 */
const PAIR = 1;

/** [id, created], or null while one blocks the other or if one's account is closed. Called again with the same new id it gives the same. */
export const OPEN_DIRECT = `
CREATE OR REPLACE FUNCTION open_direct(low text, high text, new_id text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  existing text;
  now_ms bigint := clock_ms();
BEGIN
  PERFORM pg_advisory_xact_lock(${PAIR}, hashtext(low || ' ' || high));
  -- Whoever closes an account finds this chat, or this finds the account closed.
  PERFORM FROM accounts WHERE id IN (low, high) ORDER BY id FOR SHARE;
  IF blocks_between(low, high) > 0 OR EXISTS (SELECT FROM accounts WHERE id IN (low, high) AND closed_at IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  SELECT conversation_id INTO existing FROM friendships WHERE user_low = low AND user_high = high;
  IF FOUND THEN RETURN json_build_array(existing, existing = new_id); END IF;
  INSERT INTO conversations (id, kind, last_seq, last_ordinal, last_message_seq, last_at, moved_at, created_at,
    members_version, member_count, name, access, visibility, closed, blocked)
  VALUES (new_id, 'direct', 0, 0, 0, now_ms, now_ms, now_ms, 1, 2, '', '', '', 0, 0);
  INSERT INTO friendships (user_low, user_high, conversation_id) VALUES (low, high, new_id);
  INSERT INTO memberships (conversation_id, user_id, role, joined_seq, joined_at, sent, delivered_seq, read_seq, read_ordinal,
    read_sent, moved_at)
  SELECT new_id, user_id, 'member', 1, now_ms, 0, 0, 0, 0, 0, now_ms FROM unnest(ARRAY[low, high]) AS x(user_id);
  RETURN json_build_array(new_id, true);
END $$`;

export const BLOCKS_BETWEEN = `
CREATE OR REPLACE FUNCTION blocks_between(a text, b text) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM blocks WHERE (blocker_id = a AND blocked_id = b) OR (blocker_id = b AND blocked_id = a)
$$`;

/** Blocks may come before any chat. Those that close or open one raise its members version, like any change of who may. */
export const SET_BLOCK = `
CREATE OR REPLACE FUNCTION set_block(blocker text, other text, blocking boolean, at bigint) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  low text := least(blocker COLLATE "C", other COLLATE "C");
  high text := greatest(blocker COLLATE "C", other COLLATE "C");
  chat text;
  between_them bigint;
  is_changed boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(${PAIR}, hashtext(low || ' ' || high));
  SELECT conversation_id INTO chat FROM friendships WHERE user_low = low AND user_high = high;
  PERFORM FROM conversations WHERE id = chat FOR UPDATE;
  IF blocking THEN
    INSERT INTO blocks (blocker_id, blocked_id, since) VALUES (blocker, other, at) ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM blocks WHERE blocker_id = blocker AND blocked_id = other;
  END IF;
  is_changed := FOUND;
  between_them := blocks_between(low, high);
  IF is_changed THEN
    UPDATE conversations SET blocked = between_them, members_version = members_version + 1,
      moved_at = greatest(moved_at, clock_ms())
    WHERE id = chat;
  END IF;
  RETURN json_build_array(chat, between_them > 0, is_changed);
END $$`;

/**
 * Rows of who missed the entry at \`missed\` (R22). They are an index that is rebuilt from cursors: nobody waits for the
 * disk, and the conversation is locked for as long as the insert takes.
 */
export const NOTE_MISSED = `
CREATE OR REPLACE FUNCTION note_missed(chat text, people text[], missed bigint, at bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM FROM conversations WHERE id = chat FOR UPDATE;
  INSERT INTO offline_messages (user_id, conversation_id, first_seq, noted_at)
  SELECT user_id, conversation_id, delivered_seq + 1, at FROM memberships
  WHERE conversation_id = chat AND user_id = ANY (people) AND left_seq IS NULL AND delivered_seq < missed
  ON CONFLICT (user_id, conversation_id) DO NOTHING;
END $$`;

/** Rows from cursors: what is missing of one user's, but of groups that have none (R12). */
export const REBUILD_MISSED = `
CREATE OR REPLACE FUNCTION rebuild_missed(person text, at bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  chats text[];
BEGIN
  SELECT array_agg(m.conversation_id) INTO chats
  FROM memberships m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.user_id = person AND m.left_seq IS NULL AND m.delivered_seq < c.last_seq
    AND c.member_count <= ${LIMITS.receiptsPushedUpToMembers}
    AND NOT EXISTS (SELECT FROM offline_messages o WHERE o.user_id = person AND o.conversation_id = c.id);
  IF chats IS NULL THEN RETURN; END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM FROM conversations WHERE id = ANY (chats) ORDER BY id FOR UPDATE;
  INSERT INTO offline_messages (user_id, conversation_id, first_seq, noted_at)
  SELECT m.user_id, m.conversation_id, m.delivered_seq + 1, at
  FROM memberships m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.user_id = person AND m.conversation_id = ANY (chats) AND m.left_seq IS NULL AND m.delivered_seq < c.last_seq
  ON CONFLICT (user_id, conversation_id) DO NOTHING;
END $$`;
