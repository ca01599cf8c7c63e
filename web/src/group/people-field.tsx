import type { Person } from '@parley/client';
import { useState } from 'preact/hooks';
import { usePeople } from '../list/people.js';
import { useText } from '../text/text.js';
import { PersonLine } from '../ui/person.js';
import { useSession } from '../use.js';

/** A field in which one finds people; each that is picked is told. */
export function PeopleField({ picked, onPick }: { picked: readonly string[]; onPick: (person: Person) => void }) {
  const { group: text } = useText();
  const { username: me } = useSession();
  const [typed, setTyped] = useState('');
  const found = usePeople(typed).filter(({ username }) => username !== me && !picked.includes(username));
  const pick = (person: Person) => {
    onPick(person);
    setTyped('');
  };
  return (
    <div class="field">
      <label for="people">{text.addPeople}</label>
      <input
        id="people"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          const [first] = found;
          if (first !== undefined) pick(first);
        }}
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
      />
      <ul class="people">
        {found.map((person) => (
          <li key={person.username}>
            <button type="button" class="row" onClick={() => pick(person)}>
              <PersonLine person={person} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
