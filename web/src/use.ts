import type { Conversation, ParleyClient } from '@parley/client';
import { createContext } from 'preact';
import { useSyncExternalStore } from 'preact/compat';
import { useContext } from 'preact/hooks';
import type { Session } from './session/session.js';
import { router, type Route } from './router.js';

/* How components see what is not theirs: each hook renders again only when what it gives has changed. */

export const SessionContext = createContext<Session | null>(null);

export function useRoute(): Route {
  return useSyncExternalStore(router.subscribe, router.current);
}

/** The session of whoever is signed in. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in here');
  return session;
}

export const useClient = (): ParleyClient => useSession().client;

/** A part of what the client shows; `select` gives the same object as long as that part has not changed. */
export function useSnapshot<Part>(select: (snapshot: ReturnType<ParleyClient['snapshot']>) => Part): Part {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, () => select(client.snapshot()));
}

/** Renders again whenever anything shown of the conversation has changed. */
export function useVersion(conversation: Conversation): number {
  return useSyncExternalStore(useClient().subscribe, () => conversation.version);
}
