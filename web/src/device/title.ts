import { useEffect } from 'preact/hooks';
import { useText } from '../text/text.js';

/** What the tab says: the page, and before it how much is unread. */
class Title {
  #page = document.title;
  #unread = 0;

  show(page: string): void {
    this.#page = page;
    this.#write();
  }

  count(unread: number): void {
    this.#unread = unread;
    this.#write();
  }

  #write(): void {
    const count = this.#unread > 99 ? '99+' : String(this.#unread);
    const wanted = this.#unread > 0 ? `(${count}) ${this.#page}` : this.#page;
    if (document.title !== wanted) document.title = wanted;
  }
}

export const title = new Title();

/** Of the page that is open; null: the app alone. */
export function useTitle(page: string | null): void {
  const { app } = useText();
  useEffect(() => title.show(page === null ? app.name : `${page} · ${app.name}`), [page, app]);
}
