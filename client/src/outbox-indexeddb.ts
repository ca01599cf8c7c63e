import { inOrder, type OutboxStore, type StoredMessage } from './outbox-store.js';

const STORE = 'messages';

/**
 * Keeps messages in the browser, across reloads and crashes. The tabs of one user share it: what two of them send is one
 * message, by its clientMessageId, and what a closed one left is sent by one that stays.
 *
 * @example
 * const client = new ParleyClient({ token, chatUrl, outbox: new IndexedDbOutbox('ann') });
 */
export class IndexedDbOutbox implements OutboxStore {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | null = null;

  /** `user` names the database, so that people who share a browser do not share an outbox. */
  constructor(user: string) {
    this.#name = `parley-outbox-${user.toLowerCase()}`;
  }

  async put(message: StoredMessage): Promise<void> {
    await this.#write((messages) => messages.put(message));
  }

  async remove(clientMessageId: string): Promise<void> {
    await this.#write((messages) => messages.delete(clientMessageId));
  }

  async list(): Promise<StoredMessage[]> {
    const database = await this.#open();
    const messages = await result(database.transaction(STORE).objectStore(STORE).getAll());
    return inOrder(messages as StoredMessage[]);
  }

  /** Lets the database go; the next call opens it again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    (await opening?.catch(() => null))?.close();
  }

  async #write(change: (messages: IDBObjectStore) => void): Promise<void> {
    const database = await this.#open();
    // Strict: resolved means on disk, not in the cache of the operating system.
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    const done = completed(transaction);
    change(transaction.objectStore(STORE));
    await done;
  }

  #open(): Promise<IDBDatabase> {
    this.#opening ??= this.#openOnce().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'clientMessageId' });
    const database = await result(request);
    const forget = () => (this.#opening = null);
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
    return database;
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB aborted'));
  });
}
