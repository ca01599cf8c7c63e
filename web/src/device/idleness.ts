import { useEffect } from 'preact/hooks';
import { useClient } from '../use.js';

const IDLE_MS = 5 * 60_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart', 'focus'] as const;

/** Says that one is away after five minutes without a sign, and back with the next. */
export function useIdleness(): void {
  const client = useClient();
  useEffect(() => {
    let isAway = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const set = (next: boolean) => {
      if (next === isAway) return;
      isAway = next;
      client.presence.set(next ? 'away' : 'online');
    };
    const sign = () => {
      clearTimeout(timer);
      timer = setTimeout(() => set(true), IDLE_MS);
      set(false);
    };
    sign();
    for (const name of SIGNS) addEventListener(name, sign, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const name of SIGNS) removeEventListener(name, sign);
    };
  }, [client]);
}
