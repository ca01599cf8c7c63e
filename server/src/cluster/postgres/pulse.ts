import { Client } from 'pg';
import { clientConfig } from './connections.js';

const WRITE = `INSERT INTO store_checks (id, checked_at) VALUES (1, clock_ms())
  ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at`;

/**
 * Whether the database reads and writes, asked over a connection of its own: where answers are slow all others are in
 * use, and a check that waits for one of them would say that the database is away.
 */
export class Pulse {
  readonly #url: string;
  #client: Promise<Client> | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves when something was written. */
  async beat(): Promise<void> {
    const connecting = (this.#client ??= this.#open());
    try {
      await (await connecting).query(WRITE);
    } catch (error) {
      this.#forget(connecting);
      void connecting.then(end, () => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const connecting = this.#client;
    this.#client = null;
    await connecting?.then(end, () => {});
  }

  /** One that breaks while nobody asks is replaced by the next beat: PostgreSQL may long be there again. */
  #open(): Promise<Client> {
    const connecting = this.#connect();
    connecting.then(
      (client) => client.once('end', () => this.#forget(connecting)),
      () => {},
    );
    return connecting;
  }

  #forget(connecting: Promise<Client>): void {
    if (this.#client === connecting) this.#client = null;
  }

  async #connect(): Promise<Client> {
    const client = new Client(clientConfig(this.#url));
    client.on('error', () => {}); // Told by the query that fails, if there is one.
    try {
      await client.connect();
      return client;
    } catch (error) {
      end(client);
      throw error;
    }
  }
}

/** One that the network has lost never says that it is closed: nobody waits for that. */
function end(client: Client): void {
  client.end().catch(() => {});
}
