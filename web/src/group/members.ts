import type { Conversation } from '@parley/client';
import type { http } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useSession } from '../use.js';

export type Member = http.Members['members'][number];

const PAGE = 100;

/** Read again after each change of one's own, and when their number changes. */
export function useMembers(conversation: Conversation) {
  const { api } = useSession();
  const [page, setPage] = useState<{ members: readonly Member[]; hasMore: boolean }>({ members: [], hasMore: false });
  const { id, memberCount } = conversation;
  const load = useCallback(
    async (after?: string) => {
      const next = await api.members(id, { limit: PAGE, after });
      setPage((known) => ({
        members: after === undefined ? next.members : [...known.members, ...next.members],
        hasMore: next.hasMore,
      }));
    },
    [api, id],
  );
  useEffect(() => void load().catch(() => undefined), [load, memberCount]);
  return { ...page, load };
}
