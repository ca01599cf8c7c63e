import type { Conversation } from '@parley/client';
import type { Role } from '@parley/protocol';
import { useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { pathOf, router } from '../router.js';
import { useText } from '../text/text.js';
import { ask } from '../ui/ask.js';
import { Dialog } from '../ui/dialog.js';
import { Menu } from '../ui/menu.js';
import { copy, Notice } from '../ui/notice.js';
import { PersonLine } from '../ui/person.js';
import { useClient, useSession, useVersion } from '../use.js';
import { useMembers, type Member } from './members.js';
import { PeopleField } from './people-field.js';

const RANK: Record<Role, number> = { owner: 2, admin: 1, member: 0 };

/** Who is in the group, and what those who may can change. */
export function GroupDetails({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  useVersion(conversation);
  const words = useText();
  const { group: text } = words;
  const client = useClient();
  const { api, username: me } = useSession();
  const [name, setName] = useState(conversation.title);
  const [problem, setProblem] = useState<string | null>(null);
  const { members, hasMore, load } = useMembers(conversation);
  const role = conversation.role ?? 'member';
  const mayChange = RANK[role] >= RANK.admin;
  const change = async (run: () => Promise<unknown>) => {
    setProblem(null);
    try {
      await run();
      await load();
    } catch (error) {
      setProblem(wordsFor(error, words));
    }
  };
  const leave = async () => {
    if (!(await ask(text.leaveAsk(conversation.title), text.leave))) return;
    try {
      await client.leaveGroup(conversation.id);
      onClose();
      router.go({ page: 'home' });
    } catch (error) {
      setProblem(wordsFor(error, words));
    }
  };
  const invite = () => copy(location.origin + pathOf({ page: 'join', groupId: conversation.id }), text.linkCopied);
  return (
    <Dialog title={text.details} onClose={onClose}>
      {mayChange && (
        <form
          class="line"
          onSubmit={(event) => {
            event.preventDefault();
            void change(() => api.changeGroup(conversation.id, { name: name.trim() }));
          }}
        >
          <div class="field">
            <label for="rename">{text.name}</label>
            <input id="rename" value={name} onInput={(event) => setName(event.currentTarget.value)} maxLength={100} required />
          </div>
          <button type="submit" disabled={name.trim() === '' || name.trim() === conversation.title}>
            {text.rename}
          </button>
        </form>
      )}
      {mayChange && (
        <PeopleField
          picked={members.map(({ username }) => username)}
          onPick={({ username }) => void change(() => api.addMember(conversation.id, username))}
        />
      )}
      <h3>{text.members}</h3>
      <ul class="people">
        {members.map((member) => (
          <li key={member.username} class="row">
            <PersonLine person={member} />
            <span class="quiet">{text.role[member.role]}</span>
            {member.username !== me && RANK[role] > RANK[member.role] && (
              <Menu
                label={member.displayName ?? member.username}
                items={() => [
                  ...(role === 'owner'
                    ? rolesFor(member, words.group, (next) => change(() => api.setRole(conversation.id, member.username, next)))
                    : []),
                  {
                    label: text.remove,
                    isGrave: true,
                    run: () => void change(() => api.removeMember(conversation.id, member.username)),
                  },
                ]}
              />
            )}
          </li>
        ))}
      </ul>
      {hasMore && (
        <button type="button" onClick={() => void load(members.at(-1)?.username)}>
          {words.ui.more}
        </button>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      <Notice />
      <div class="buttons">
        <button type="button" onClick={() => void invite()}>
          {text.link}
        </button>
        <button type="button" class="grave" onClick={() => void leave()}>
          {text.leave}
        </button>
      </div>
    </Dialog>
  );
}

function rolesFor(
  { role }: Member,
  text: { promote: string; demote: string; makeOwner: string },
  set: (role: Role) => Promise<void>,
): { label: string; run: () => void }[] {
  const all: { label: string; role: Role }[] = [
    { label: text.promote, role: 'admin' },
    { label: text.demote, role: 'member' },
    { label: text.makeOwner, role: 'owner' },
  ];
  return all.filter((each) => each.role !== role).map((each) => ({ label: each.label, run: () => void set(each.role) }));
}
