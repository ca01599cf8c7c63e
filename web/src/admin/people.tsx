import type { http } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { agoOf, dateOf } from '../text/times.js';
import { ask } from '../ui/ask.js';
import { PersonFace } from '../ui/face.js';
import { useSession } from '../use.js';
import { Old, Said } from './said.js';
import { useAct, useAdmin, useAdminText, usePages } from './use.js';

const TYPED_MS = 200;

/** Accounts, by the beginning of the name; suspending, letting in again, signing out. */
export function People() {
  const text = useAdminText();
  const admin = useAdmin();
  const [typed, setTyped] = useState('');
  const prefix = useSettled(typed.trim());
  const load = useCallback(
    async (last: http.AdminUser | undefined) => {
      const { users, hasMore } = await admin.users({ prefix: prefix || undefined, after: last?.username });
      return { items: users, hasMore };
    },
    [admin, prefix],
  );
  const { pages, isOld, more, replace } = usePages(load);
  const { act, said } = useAct();
  const replaceUser = (user: http.AdminUser) => replace(user, (each) => each.userId === user.userId);

  const suspend = async ({ username }: http.AdminUser) => {
    if (!(await ask(text.suspendAsk(username), text.suspend))) return;
    await act(
      async () => replaceUser(await admin.suspend(username)),
      () => text.isSuspended(username),
    );
  };
  const unsuspend = ({ username }: http.AdminUser) =>
    act(
      async () => replaceUser(await admin.unsuspend(username)),
      () => text.isBack(username),
    );
  const signOut = async ({ username }: http.AdminUser) => {
    if (!(await ask(text.endSessionsAsk(username), text.endSessions))) return;
    await act(
      () => admin.endSessions(username),
      (ended) => text.endedSessions(username, ended),
    );
  };

  return (
    <>
      <div class="field">
        <label for="find-account">{text.find}</label>
        <input
          id="find-account"
          type="search"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          maxLength={32}
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
        />
      </div>
      <Said said={said} />
      <Old isOld={isOld} />
      {pages?.items.length === 0 && <p class="quiet">{text.nobody(prefix)}</p>}
      <ul class="plain accounts">
        {pages?.items.map((user) => (
          <Account
            key={user.userId}
            user={user}
            suspend={() => void suspend(user)}
            unsuspend={() => void unsuspend(user)}
            signOut={() => void signOut(user)}
          />
        ))}
      </ul>
      {pages?.hasMore === true && (
        <button type="button" onClick={() => void more()}>
          {text.more}
        </button>
      )}
    </>
  );
}

interface AccountProps {
  user: http.AdminUser;
  suspend: () => void;
  unsuspend: () => void;
  signOut: () => void;
}

function Account({ user, suspend, unsuspend, signOut }: AccountProps) {
  const text = useAdminText();
  const isMe = useSession().username === user.username;
  const { username, displayName, createdAt, lastSeen, admin, suspendedAt } = user;
  return (
    <li>
      <PersonFace username={username} />
      <span class="who">
        <strong>{displayName ?? username}</strong> {displayName !== null && <span class="quiet">{username}</span>}{' '}
        {isMe && <span class="chip">{text.you}</span>} {admin && <span class="chip">{text.operator}</span>}{' '}
        {suspendedAt !== null && <span class="chip bad">{text.suspended}</span>}
        <br />
        <span class="quiet">
          {text.joined(dateOf(createdAt))}
          {lastSeen !== null && ` · ${text.lastSeen(agoOf(lastSeen))}`}
        </span>
      </span>
      {!isMe && (
        <span class="buttons">
          <button type="button" onClick={signOut} aria-label={`${text.endSessions}: ${username}`}>
            {text.endSessions}
          </button>
          {suspendedAt === null ? (
            <button type="button" onClick={suspend} aria-label={`${text.suspend}: ${username}`}>
              {text.suspend}
            </button>
          ) : (
            <button type="button" onClick={unsuspend} aria-label={`${text.unsuspend}: ${username}`}>
              {text.unsuspend}
            </button>
          )}
        </span>
      )}
    </li>
  );
}

/** What was typed, once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
