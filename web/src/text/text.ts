import { createContext } from 'preact';
import { useSyncExternalStore } from 'preact/compat';
import { useContext } from 'preact/hooks';
import { preferences } from '../device/preferences.js';
import { en, type Texts } from './en.js';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** The texts in the language of whoever looks at them: what they chose, else the first of the browser's that there is. */
class Catalogue {
  #texts: Texts = en;
  #language: Language = 'en';
  readonly #listeners = new Set<() => void>();

  constructor() {
    preferences.subscribe(() => void this.load());
  }

  readonly texts = (): Texts => this.#texts;

  get language(): Language {
    return this.#language;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** English is here at once, others are fetched; without them it stays what it was. */
  async load(): Promise<void> {
    const wanted = preferences.current().language ?? fromBrowser();
    if (wanted === this.#language) return;
    const texts = wanted === 'en' ? en : (await import('./de.js')).de;
    this.#language = wanted;
    this.#texts = texts;
    document.documentElement.lang = wanted;
    for (const listener of this.#listeners) listener();
  }
}

function fromBrowser(): Language {
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return (known as Language | undefined) ?? 'en';
}

export const catalogue = new Catalogue();

/** Given once at the top of a tree: hundreds of rows that each subscribe cost more than what they say. */
export const TextContext = createContext<Texts>(en);

/** For the top of a tree: the texts of now. */
export function useCatalogue(): Texts {
  return useSyncExternalStore(catalogue.subscribe, catalogue.texts);
}

export const useText = (): Texts => useContext(TextContext);
