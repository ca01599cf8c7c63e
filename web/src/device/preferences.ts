import type { Language } from '../text/text.js';

export type Theme = 'system' | 'light' | 'dark';

/** What one chose on this device. */
export interface Preferences {
  theme: Theme;
  /** Null: as the browser says. */
  language: Language | null;
  notifications: boolean;
}

const KEY = 'parley-preferences';
const DEFAULTS: Preferences = { theme: 'system', language: null, notifications: false };

/** Kept in the browser; a tab that changes them changes all. */
class PreferenceStore {
  #current = read();
  readonly #listeners = new Set<() => void>();

  constructor() {
    addEventListener('storage', ({ key }) => {
      if (key === KEY) this.#changed(read());
    });
    this.#show();
  }

  readonly current = (): Preferences => this.#current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(change: Partial<Preferences>): void {
    const next = { ...this.#current, ...change };
    // A browser that keeps nothing shows it until the tab is closed.
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {}
    this.#changed(next);
  }

  #changed(next: Preferences): void {
    this.#current = next;
    this.#show();
    for (const listener of this.#listeners) listener();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.#current.theme;
  }
}

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

export const preferences = new PreferenceStore();
