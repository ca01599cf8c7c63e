import { useSyncExternalStore } from 'preact/compat';

const PREFIX = 'parley-draft:';

/** What was typed and not sent; kept in this browser, seen by all of its tabs. `key`: from `draftKey`. */
class Drafts {
  readonly #texts = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  constructor() {
    addEventListener('storage', ({ key: stored, newValue }) => {
      if (!stored?.startsWith(PREFIX)) return;
      this.#texts.set(stored.slice(PREFIX.length), newValue ?? '');
      this.#tell();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  of(key: string): string {
    const known = this.#texts.get(key) ?? read(key);
    this.#texts.set(key, known);
    return known;
  }

  keep(key: string, text: string): void {
    if (this.of(key) === text) return;
    this.#texts.set(key, text);
    // A browser that keeps nothing keeps it in this tab.
    try {
      if (text === '') localStorage.removeItem(PREFIX + key);
      else localStorage.setItem(PREFIX + key, text);
    } catch {}
    this.#tell();
  }

  firstLine(draft: string): string {
    return draft.trim().slice(0, 200).replace(/\s+/g, ' ');
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function read(key: string): string {
  try {
    return localStorage.getItem(PREFIX + key) ?? '';
  } catch {
    return '';
  }
}

export const drafts = new Drafts();

/** People who share a browser do not share drafts. `title`: the other's username, or the group's id. */
export const draftKey = (me: string, title: string): string => `${me.toLowerCase()}:${title.toLowerCase()}`;

export const useDraft = (key: string): string => useSyncExternalStore(drafts.subscribe, () => drafts.of(key));
