import { useEffect, useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { Link } from '../ui/link.js';
import { Door } from './door.js';
import { PasswordField } from './password-field.js';
import { sessions } from './session.js';

/** As `pattern` it is read with the flag `v`, which wants the escape. */
// oxlint-disable-next-line eslint/no-useless-escape
const USERNAME = /^[A-Za-z0-9_.\-]{3,32}$/;

export function SignUp() {
  const { signUp: text, signIn } = useText();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const isWellFormed = USERNAME.test(username);
  const isFree = useIsFree(isWellFormed ? username : null);
  return (
    <Door
      title={text.title}
      submit={text.submit}
      isReady={isWellFormed && isFree !== false && password.length >= 8}
      enter={() => sessions.signUp(username, password)}
      foot={
        <>
          {text.hasAccount} <Link to={{ page: 'sign-in' }}>{text.toSignIn}</Link>
        </>
      }
    >
      <div class="field">
        <label for="username">{signIn.username}</label>
        <input
          id="username"
          name="username"
          value={username}
          onInput={(event) => setUsername(event.currentTarget.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          pattern={USERNAME.source}
          title={text.usernameRule}
          aria-describedby="username-hint"
          aria-invalid={username !== '' && (!isWellFormed || isFree === false)}
          required
          autoFocus
        />
        <p id="username-hint" class="hint" aria-live="polite">
          {isFree === null ? text.usernameRule : isFree ? text.free(username) : text.taken(username)}
        </p>
      </div>
      <PasswordField
        id="password"
        label={signIn.password}
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        hint={text.passwordRule}
      />
    </Door>
  );
}

/** Whether nobody has the name; null: not known, and then signing up will tell. */
function useIsFree(username: string | null): boolean | null {
  const [known, setKnown] = useState<{ username: string; isFree: boolean } | null>(null);
  useEffect(() => {
    if (username === null) return;
    const asked = setTimeout(() => {
      sessions.api.isUsernameFree(username).then(
        (isFree) => setKnown({ username, isFree }),
        () => undefined,
      );
    }, 250);
    return () => clearTimeout(asked);
  }, [username]);
  return known !== null && known.username === username ? known.isFree : null;
}
