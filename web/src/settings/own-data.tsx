import { useState } from 'preact/hooks';
import { PasswordField } from '../session/password-field.js';
import { sessions } from '../session/session.js';
import { useText } from '../text/text.js';
import { Dialog } from '../ui/dialog.js';
import { useSession } from '../use.js';
import { Section, useChange } from './section.js';

/** All that there is of oneself: to take along, and to end. */
export function OwnData() {
  const { settings: text } = useText();
  const { username } = useSession();
  const [isClosing, setClosing] = useState(false);
  return (
    <Section title={text.ownData}>
      <p class="quiet">{text.exportHint}</p>
      <a class="button" href="/me/export" download={`parley-${username}.json`}>
        {text.export}
      </a>
      <p class="quiet">{text.closeHint}</p>
      <button type="button" class="grave" onClick={() => setClosing(true)}>
        {text.closeAccount}
      </button>
      {isClosing && <ClosingDialog onClose={() => setClosing(false)} />}
    </Section>
  );
}

/** The name typed out and the password: neither a slip nor somebody at a device left open ends an account. */
function ClosingDialog({ onClose }: { onClose: () => void }) {
  const { settings: text, ui } = useText();
  const { username } = useSession();
  const [typed, setTyped] = useState('');
  const [password, setPassword] = useState('');
  const { change, outcome } = useChange();
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void change(() => sessions.closeAccount(password), '');
  };
  return (
    <Dialog title={text.closeAccount} onClose={onClose}>
      <form onSubmit={send}>
        <p>{text.closeAsk}</p>
        <div class="field">
          <label for="close-name">{text.closeName(username)}</label>
          <input
            id="close-name"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellcheck={false}
          />
        </div>
        <PasswordField
          id="close-password"
          label={text.current}
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          minLength={1}
        />
        {outcome}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {ui.cancel}
          </button>
          <button type="submit" class="grave" disabled={typed !== username || password === ''}>
            {text.closeAccount}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
