import { useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { Link } from '../ui/link.js';
import { Door } from './door.js';
import { PasswordField } from './password-field.js';
import { sessions } from './session.js';

export function SignIn({ wasEnded }: { wasEnded: boolean }) {
  const { signIn: text } = useText();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Door
      title={text.title}
      submit={text.submit}
      notice={wasEnded ? text.ended : undefined}
      isReady={username !== '' && password !== ''}
      enter={() => sessions.signIn(username.trim(), password)}
      foot={
        <>
          {text.noAccount} <Link to={{ page: 'sign-up' }}>{text.toSignUp}</Link>
        </>
      }
    >
      <div class="field">
        <label for="username">{text.username}</label>
        <input
          id="username"
          name="username"
          value={username}
          onInput={(event) => setUsername(event.currentTarget.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          maxLength={32}
          required
          autoFocus
        />
      </div>
      <PasswordField
        id="password"
        label={text.password}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        minLength={1}
      />
    </Door>
  );
}
