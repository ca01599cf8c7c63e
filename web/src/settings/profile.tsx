import { COLOURS, type Colour } from '@parley/client';
import type { http } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { colourOf, Face } from '../ui/face.js';
import { useSession } from '../use.js';
import { Section, useChange } from './section.js';

/** How one is seen by others. */
export function Profile() {
  const { settings: text } = useText();
  const { api, username } = useSession();
  const [me, setMe] = useState<http.Me | null>(null);
  const { change, outcome } = useChange();
  useEffect(() => void api.me().then(setMe, () => undefined), [api]);
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    if (me === null) return;
    const { displayName, colour, invisible } = me;
    void change(() => api.updateProfile({ displayName: displayName?.trim() || null, colour, invisible }), text.saved);
  };
  return (
    <Section title={text.profile}>
      <form onSubmit={save}>
        <div class="self">
          <Face name={me?.displayName?.trim() || username} colour={me?.colour ?? colourOf(username)} />
          <p>
            <span class="quiet">{text.username}</span> {username}
          </p>
        </div>
        <div class="field">
          <label for="display-name">{text.displayName}</label>
          <input
            id="display-name"
            value={me?.displayName ?? ''}
            onInput={(event) => me !== null && setMe({ ...me, displayName: event.currentTarget.value })}
            maxLength={64}
            autoComplete="name"
            disabled={me === null}
          />
        </div>
        <ColourField
          username={username}
          picked={me?.colour ?? null}
          isDisabled={me === null}
          onPick={(colour) => me !== null && setMe({ ...me, colour })}
        />
        <label>
          <input
            type="checkbox"
            checked={me?.invisible ?? false}
            onChange={(event) => me !== null && setMe({ ...me, invisible: event.currentTarget.checked })}
            disabled={me === null}
          />
          {text.invisible}
        </label>
        <button type="submit" disabled={me === null}>
          {text.save}
        </button>
        {outcome}
      </form>
    </Section>
  );
}

interface ColourFieldProps {
  username: string;
  picked: Colour | null;
  isDisabled: boolean;
  onPick: (colour: Colour | null) => void;
}

/** The first is what one has without choosing. */
function ColourField({ username, picked, isDisabled, onPick }: ColourFieldProps) {
  const { settings: text } = useText();
  const choices: { value: Colour | null; shown: Colour; label: string }[] = [
    { value: null, shown: colourOf(username), label: text.colourOfName },
    ...COLOURS.map((colour) => ({ value: colour, shown: colour, label: text.colours[colour] })),
  ];
  return (
    <fieldset class="colours" disabled={isDisabled}>
      <legend>{text.colour}</legend>
      {choices.map(({ value, shown, label }) => (
        <label key={label} class="face" data-colour={shown} data-own={value === null} title={label}>
          <input type="radio" name="colour" aria-label={label} checked={picked === value} onChange={() => onPick(value)} />
        </label>
      ))}
    </fieldset>
  );
}
