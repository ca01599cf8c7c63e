import type { Person } from '@parley/client';
import { useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { router } from '../router.js';
import { useText } from '../text/text.js';
import { Dialog } from '../ui/dialog.js';
import { PersonName } from '../ui/person.js';
import { useClient } from '../use.js';
import { PeopleField } from './people-field.js';

/** A group that is about to be made. */
export function GroupDraftDialog({ onClose }: { onClose: () => void }) {
  const words = useText();
  const { group: text } = words;
  const client = useClient();
  const [name, setName] = useState('');
  const [members, setMembers] = useState<readonly Person[]>([]);
  const [isOpen, setOpen] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const create = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const usernames = members.map(({ username }) => username);
      const group = await client.createGroup({ name: name.trim(), members: usernames, access: isOpen ? 'open' : 'invite' });
      onClose();
      router.go({ page: 'group', groupId: group.id, seq: null });
    } catch (error) {
      setProblem(wordsFor(error, words));
    }
  };
  return (
    <Dialog title={text.new} onClose={onClose}>
      <form onSubmit={(event) => void create(event)}>
        <div class="field">
          <label for="group-name">{text.name}</label>
          <input
            id="group-name"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            maxLength={100}
            required
            autoFocus
          />
        </div>
        <PeopleField picked={members.map(({ username }) => username)} onPick={(person) => setMembers([...members, person])} />
        <ul class="picked">
          {members.map((person) => (
            <li key={person.username}>
              <PersonName person={person} />{' '}
              <button type="button" class="inline" onClick={() => setMembers(members.filter((each) => each !== person))}>
                {text.remove}
              </button>
            </li>
          ))}
        </ul>
        <AccessField isOpen={isOpen} onChange={setOpen} />
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="primary" disabled={name.trim() === ''}>
            {text.create}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function AccessField({ isOpen, onChange }: { isOpen: boolean; onChange: (isOpen: boolean) => void }) {
  const { group: text } = useText();
  return (
    <fieldset>
      {[true, false].map((value) => (
        <label key={String(value)}>
          <input type="radio" name="access" checked={isOpen === value} onChange={() => onChange(value)} />
          {value ? text.open : text.invite}
        </label>
      ))}
    </fieldset>
  );
}
