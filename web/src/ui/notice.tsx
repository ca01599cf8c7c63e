import { useSyncExternalStore } from 'preact/compat';

const SHOWN_MS = 3_000;

/** A few words about what one just did, for a moment. */
class Notices {
  #words = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  readonly current = (): string => this.#words;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  say(words: string): void {
    clearTimeout(this.#timer);
    this.#timer = words === '' ? undefined : setTimeout(() => this.say(''), SHOWN_MS);
    this.#words = words;
    for (const listener of this.#listeners) listener();
  }
}

export const notices = new Notices();

export function Notice() {
  const words = useSyncExternalStore(notices.subscribe, notices.current);
  return (
    <div class="said" role="status">
      {words !== '' && <p>{words}</p>}
    </div>
  );
}

/** Copies, and says so. */
export async function copy(text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  notices.say(done);
}
