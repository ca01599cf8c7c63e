import { useState } from 'preact/hooks';
import { useText } from '../text/text.js';

interface PasswordFieldProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: 'current-password' | 'new-password';
  hint?: string;
  minLength?: number;
}

/** A password that may be looked at while it is typed. */
export function PasswordField({ id, label, value, onChange, autoComplete, hint, minLength = 8 }: PasswordFieldProps) {
  const { signIn: text } = useText();
  const [isShown, show] = useState(false);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-button">
        <input
          id={id}
          name={id}
          type={(isShown ? 'text' : 'password') as 'password'}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
          autoComplete={autoComplete}
          minLength={minLength}
          maxLength={256}
          required
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        />
        <button
          type="button"
          class="quiet"
          aria-label={isShown ? text.hidePassword : text.showPassword}
          onClick={() => show(!isShown)}
        >
          {isShown ? text.hide : text.show}
        </button>
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
