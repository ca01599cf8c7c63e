import type { Conversation, ParleyClient, Person } from '@parley/client';
import { createContext } from 'preact';
import { useSyncExternalStore } from 'preact/compat';
import { useCallback, useContext } from 'preact/hooks';
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

/** Who has chosen how to be seen, by username in lower case; given once for all that is signed in. */
export const PeopleContext = createContext<ReadonlyMap<string, Person>>(new Map());

/** How somebody wants to be seen; null: they have chosen nothing, or it is not known here. */
export const usePerson = (username: string): Person | null => useContext(PeopleContext).get(username.toLowerCase()) ?? null;

/** What people are called; another function when that of somebody has changed. */
export function useNames(): (username: string) => string {
  const people = useContext(PeopleContext);
  return useCallback((username) => people.get(username.toLowerCase())?.displayName ?? username, [people]);
}
