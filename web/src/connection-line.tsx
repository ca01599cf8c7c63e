import { useEffect, useState } from 'preact/hooks';
import { useText } from './text/text.js';
import { useClient, useSnapshot } from './use.js';

const QUIET_MS = 1_500;

/** Says quietly that the connection is away, once that has lasted; what was typed waits meanwhile. */
export function ConnectionLine() {
  const { connection: text } = useText();
  const client = useClient();
  const state = useSnapshot(({ connection }) => connection);
  const isAway = state.name !== 'live';
  const [isSaid, say] = useState(false);
  useEffect(() => {
    say(false);
    if (!isAway) return;
    const timer = setTimeout(() => say(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [isAway]);
  const now = useSeconds(isSaid && state.name === 'waiting');
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') client.reconnectNow();
    };
    addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [client]);

  return (
    <div class="connection-line" role="status">
      {isSaid && isAway && (
        <p>
          {state.name === 'waiting'
            ? text.lost(Math.max(0, Math.ceil((state.retryAt - now) / 1_000)))
            : state.name === 'syncing'
              ? text.catchingUp
              : text.trying}{' '}
          {state.name === 'waiting' && (
            <button type="button" class="inline" onClick={() => client.reconnectNow()}>
              {text.now}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** The time, once a second while it is wanted. */
function useSeconds(isWanted: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isWanted) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isWanted]);
  return now;
}
