import type { PoolClient } from 'pg';
import type { Asking, Statement } from '../../../server/src/cluster/postgres/connections.js';
import { AppendRefused } from '../../../server/src/ports/log.js';
import type { Asker } from './asker.js';
import { STATEMENTS } from './postgres-statements.js';
import type { PostgresModel } from './postgres.js';

/** Until it is known that nobody listens there. */
export const CONNECT_FAILS_MS = 5;

/** `Connections`: what cannot be asked now is refused as overloaded. */
export class ModelConnections implements Asking {
  readonly #model: PostgresModel;
  readonly #asker: Asker;

  constructor(model: PostgresModel, asker: Asker) {
    this.#model = model;
    this.#asker = asker;
  }

  /** Runs at the database, as one statement, between two of its commits. */
  ask<T>(read: () => T): Promise<T> {
    const { time, options, chance } = this.#model;
    return new Promise((resolve, reject) => {
      const refuse = () => this.#asker.run(() => reject(new AppendRefused('overloaded')));
      time.after(this.#model.latencyMs(), () => {
        if (this.#model.isDown) return void time.after(CONNECT_FAILS_MS, refuse);
        if (chance.happens(options.lostBefore)) return void time.after(this.#model.latencyMs(), refuse);
        let answer: T;
        try {
          answer = read();
        } catch (error) {
          return void time.after(this.#model.latencyMs(), () => this.#asker.run(() => reject(error)));
        }
        if (chance.happens(options.lostAfter)) return void time.after(this.#model.latencyMs(), refuse);
        time.after(this.#model.latencyMs(), () => this.#asker.run(() => resolve(answer)));
      });
    });
  }

  async rows<Row extends unknown[]>({ name }: Statement, values: unknown[]): Promise<Row[]> {
    const run = STATEMENTS[name];
    if (run === undefined) throw new Error(`the model of PostgreSQL does not know the statement ${name}`);
    return (await this.ask(() => run(this.#model.tables, values as never, this.#model.clockMs()))) as Row[];
  }

  async row<Row extends unknown[]>(statement: Statement, values: unknown[]): Promise<Row | undefined> {
    return (await this.rows<Row>(statement, values))[0];
  }

  /** The one lock that is taken so here is that of a boot, which its lanes hold as long as they have sessions. */
  async locked<T>(name: string, use: (client: PoolClient) => Promise<T>): Promise<T | null> {
    const boot = /^parley boot (.*)$/.exec(name)?.[1];
    if (boot === undefined) throw new Error(`the model of PostgreSQL does not know the lock ${name}`);
    const isFree = await this.ask(() => !this.#model.hasSessions(boot));
    if (!isFree) return null;
    const query = (_text: string, [of]: [string]) =>
      this.ask(() => ({ rows: this.#model.tables.marks.has(of) ? [{ upto: this.#model.tables.marks.get(of) }] : [] }));
    return use({ query } as unknown as PoolClient);
  }
}
