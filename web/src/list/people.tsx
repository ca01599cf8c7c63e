import type { Person } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { Link } from '../ui/link.js';
import { PersonLine } from '../ui/person.js';
import { useSession } from '../use.js';

const PAUSE_MS = 150;
const PEOPLE_MAX = 8;

/** People whose username begins with what is typed, as far as the server can be asked. */
export function usePeople(typed: string): readonly Person[] {
  const { api } = useSession();
  const [people, setPeople] = useState<readonly Person[]>([]);
  const prefix = typed.trim();
  useEffect(() => {
    if (prefix === '') return setPeople([]);
    let isStale = false;
    const asked = setTimeout(() => {
      api.searchUsers(prefix, PEOPLE_MAX).then(
        (found) => !isStale && setPeople(found),
        () => undefined,
      );
    }, PAUSE_MS);
    return () => {
      isStale = true;
      clearTimeout(asked);
    };
  }, [api, prefix]);
  return people;
}

export function Found({ people, onPick }: { people: readonly Person[]; onPick: () => void }) {
  const { list: text } = useText();
  if (people.length === 0) return null;
  return (
    <section class="found" aria-label={text.people}>
      <h2>{text.people}</h2>
      <ul>
        {people.map((person) => (
          <li key={person.username}>
            <Link to={{ page: 'chat', username: person.username, seq: null }} class="row" onPick={onPick}>
              <PersonLine person={person} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
