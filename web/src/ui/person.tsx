import type { Person } from '@parley/client';
import { usePerson } from '../use.js';
import { Face, colourOf } from './face.js';

/** What somebody is called, and after a display name the username, which is theirs alone. */
export function PersonName({ person: { username, displayName } }: { person: Pick<Person, 'username' | 'displayName'> }) {
  if (displayName === null) return <span class="title">{username}</span>;
  return (
    <span class="title">
      <span>{displayName}</span> <span class="quiet">{username}</span>
    </span>
  );
}

/** Somebody whom the server has just told of: face and name. */
export function PersonLine({ person }: { person: Person }) {
  const { username, displayName, colour } = person;
  return (
    <>
      <Face name={displayName ?? username} colour={colour ?? colourOf(username)} />
      <PersonName person={person} />
    </>
  );
}

/** The name of somebody who was met here. */
export function KnownName({ username }: { username: string }) {
  return <PersonName person={usePerson(username) ?? { username, displayName: null }} />;
}
