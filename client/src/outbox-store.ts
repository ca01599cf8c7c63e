/** Where a message is to go. A direct chat is named by the other person, for it may not exist yet. */
export type Target = { readonly kind: 'chat'; readonly with: string } | { readonly kind: 'group'; readonly groupId: string };

/** One message that has not been confirmed yet, as it is kept. */
export interface StoredMessage {
  /** Made once; resending with it is one message (D3). */
  readonly clientMessageId: string;
  readonly target: Target;
  readonly content: string;
  /** When it was written, epoch milliseconds. */
  readonly queuedAt: number;
  /** Sorts the messages of one store. */
  readonly order: number;
  /** Why the server refused it for good, if it did: it waits for the user. */
  readonly refusal?: { readonly code: string; readonly message: string } | undefined;
}

/**
 * Where unconfirmed messages survive the end of the process. One store belongs to one user.
 *
 * A store must keep its promises: when `put` has resolved, the message is there after a crash.
 */
export interface OutboxStore {
  /** Keeps a message, in place of one with the same clientMessageId. Rejects if it could not. */
  put(message: StoredMessage): Promise<void>;
  /** Forgets a message. One that is not there is no error. */
  remove(clientMessageId: string): Promise<void>;
  /** Everything kept, by `order`. */
  list(): Promise<StoredMessage[]>;
  /** The client is closed: lets go of whatever the store holds. */
  close?(): Promise<void>;
}

/** Keeps messages as long as the process lives. */
export class MemoryOutbox implements OutboxStore {
  readonly #messages = new Map<string, StoredMessage>();

  async put(message: StoredMessage): Promise<void> {
    this.#messages.set(message.clientMessageId, message);
  }

  async remove(clientMessageId: string): Promise<void> {
    this.#messages.delete(clientMessageId);
  }

  async list(): Promise<StoredMessage[]> {
    return inOrder([...this.#messages.values()]);
  }
}

export function inOrder(messages: StoredMessage[]): StoredMessage[] {
  return messages.sort((a, b) => a.order - b.order);
}

/** One key for all ways of naming a target: usernames are unique without case. */
export function keyOf(target: Target): string {
  return target.kind === 'chat' ? `chat ${target.with.toLowerCase()}` : `group ${target.groupId}`;
}
