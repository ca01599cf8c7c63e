import type { Conversation, Message } from '@parley/client';
import { useSyncExternalStore } from 'preact/compat';

/** The message that is being edited in a conversation's composer. */
class Editing {
  #now: { conversation: Conversation; message: Message } | null = null;
  readonly #listeners = new Set<() => void>();

  readonly now = () => this.#now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(conversation: Conversation, message: Message): void {
    this.#set({ conversation, message });
  }

  end(): void {
    this.#set(null);
  }

  #set(now: { conversation: Conversation; message: Message } | null): void {
    this.#now = now;
    for (const listener of this.#listeners) listener();
  }
}

export const editing = new Editing();

/** Null: what is typed is a new message. */
export function useEdited(conversation: Conversation | null): Message | null {
  const now = useSyncExternalStore(editing.subscribe, editing.now);
  return now !== null && now.conversation === conversation ? now.message : null;
}
