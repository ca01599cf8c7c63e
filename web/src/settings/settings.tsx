import type { http } from '@parley/protocol';
import { useSyncExternalStore } from 'preact/compat';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { canNotify } from '../device/attention.js';
import { preferences, type Theme } from '../device/preferences.js';
import { useTitle } from '../device/title.js';
import { PasswordField } from '../session/password-field.js';
import { sessions } from '../session/session.js';
import { LANGUAGES, catalogue, useText, type Language } from '../text/text.js';
import { agoOf } from '../text/times.js';
import { PageHead } from '../ui/page-head.js';
import { KnownName } from '../ui/person.js';
import { deviceName } from './device-name.js';
import { OwnData } from './own-data.js';
import { Profile } from './profile.js';
import { Section, useChange } from './section.js';
import { useSession } from '../use.js';

export function Settings() {
  const { settings: text } = useText();
  useTitle(text.title);
  return (
    <div class="settings">
      <PageHead title={text.title} />
      <div class="sections">
        <Profile />
        <Appearance />
        <Notifications />
        <Password />
        <Devices />
        <Blocks />
        <OwnData />
        <button type="button" onClick={() => void sessions.signOut()}>
          {text.signOut}
        </button>
      </div>
    </div>
  );
}

function Appearance() {
  const { settings: text } = useText();
  const { theme } = useSyncExternalStore(preferences.subscribe, preferences.current);
  return (
    <Section title={text.appearance}>
      <div class="field">
        <label for="theme">{text.theme}</label>
        <select id="theme" value={theme} onChange={(event) => preferences.set({ theme: event.currentTarget.value as Theme })}>
          {Object.entries(text.themes).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="language">{text.language}</label>
        <select
          id="language"
          value={catalogue.language}
          onChange={(event) => preferences.set({ language: event.currentTarget.value as Language })}
        >
          {Object.entries(LANGUAGES).map(([value, label]) => (
            <option key={value} value={value} lang={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
    </Section>
  );
}

function Notifications() {
  const { settings: text } = useText();
  const { notifications } = useSyncExternalStore(preferences.subscribe, preferences.current);
  const [isDenied, setDenied] = useState(canNotify() && Notification.permission === 'denied');
  if (!canNotify()) return null;
  const turnOn = async () => {
    const permission = await Notification.requestPermission();
    setDenied(permission === 'denied');
    preferences.set({ notifications: permission === 'granted' });
  };
  const isOn = notifications && Notification.permission === 'granted';
  return (
    <Section title={text.notifications}>
      <button type="button" onClick={() => (isOn ? preferences.set({ notifications: false }) : void turnOn())}>
        {isOn ? text.notifyOff : text.notify}
      </button>
      {isDenied && <p class="quiet">{text.notifyDenied}</p>}
    </Section>
  );
}

function Password() {
  const { settings: text, signUp } = useText();
  const { api } = useSession();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { change, outcome } = useChange();
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void change(async () => {
      await api.changePassword({ current, next });
      setCurrent('');
      setNext('');
    }, text.changed);
  };
  return (
    <Section title={text.password}>
      <form onSubmit={send}>
        <PasswordField
          id="current"
          label={text.current}
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
          minLength={1}
        />
        <PasswordField
          id="next"
          label={text.next}
          value={next}
          onChange={setNext}
          autoComplete="new-password"
          hint={signUp.passwordRule}
        />
        <button type="submit" disabled={current === '' || next.length < 8}>
          {text.change}
        </button>
        {outcome}
      </form>
    </Section>
  );
}

function Devices() {
  const words = useText();
  const { settings: text } = words;
  const { api } = useSession();
  const [devices, setDevices] = useState<readonly http.Session[]>([]);
  const load = useCallback(() => api.sessions().then(setDevices, () => undefined), [api]);
  useEffect(() => void load(), [load]);
  return (
    <Section title={text.sessions}>
      <ul class="plain">
        {devices.map(({ sessionId, userAgent, address, lastUsedAt, current }) => (
          <li key={sessionId}>
            <span>
              <span title={userAgent ?? undefined}>{deviceName(userAgent, words)}</span>{' '}
              {current && <strong>({text.thisDevice})</strong>}
              <br />
              <span class="quiet">
                {text.lastUsed(agoOf(lastUsedAt))}
                {address !== null && ` · ${address}`}
              </span>
            </span>
            {!current && (
              <button type="button" onClick={() => void api.endSession(sessionId).then(load)}>
                {text.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Blocks() {
  const { settings: text } = useText();
  const { api } = useSession();
  const [blocks, setBlocks] = useState<readonly { username: string }[]>([]);
  const load = useCallback(() => api.blocks().then(setBlocks, () => undefined), [api]);
  useEffect(() => void load(), [load]);
  return (
    <Section title={text.blocks}>
      {blocks.length === 0 && <p class="quiet">{text.noBlocks}</p>}
      <ul class="plain">
        {blocks.map(({ username }) => (
          <li key={username}>
            <KnownName username={username} />
            <button type="button" onClick={() => void api.unblock(username).then(load)}>
              {text.unblock}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
