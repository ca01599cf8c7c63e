import type { LaneWay, PlacedRow, Tick, TickOutcomes } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Asker } from './asker.js';
import { CONNECT_FAILS_MS } from './postgres-connections.js';
import { LaneCall, lost, type Session } from './postgres-session.js';
import type { PostgresModel } from './postgres.js';

const STATEMENT_TIMEOUT_MS = 4_000;

/** The connection of a lane. A new one is used only once the last one's session has ended, and what it did is certain. */
export class ModelLane implements LaneWay {
  readonly #model: PostgresModel;
  readonly #asker: Asker;
  readonly #boot: string;
  #session: Session | null = null;
  #opening: Promise<Session> | null = null;
  #before: Session | null = null;

  constructor(model: PostgresModel, asker: Asker, boot: string) {
    this.#model = model;
    this.#asker = asker;
    this.#boot = boot;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  async tick(tick: Tick): Promise<TickOutcomes> {
    const session = await this.#connected();
    const { time } = this.#model;
    return new Promise((resolve, reject) => {
      const answer = (tell: () => void) => void time.after(this.#model.latencyMs(), () => this.#asker.run(tell));
      const failed = (error: unknown) => answer(() => reject(error));
      time.after(this.#model.latencyMs(), () => {
        if (session.isEnded || this.#asker.state === 'dead') return failed(lost());
        const call = new LaneCall(session, tick, (outcomes) => answer(() => resolve(outcomes)), failed);
        this.#model.lock(call);
        // Its own timeout strikes at the database, and rolls it back.
        time.after(STATEMENT_TIMEOUT_MS, () => session.call === call && session.end());
      });
    });
  }

  async placed(from: number, to: number): Promise<PlacedRow[]> {
    await this.#connected();
    if (this.#model.bugs.forgetsPlaced === true) return [];
    return this.#ask(() =>
      [...this.#model.tables.allEntries()]
        .filter(({ bootId, n }) => bootId === this.#boot && n >= from && n <= to)
        .sort((a, b) => a.n - b.n)
        .map((row) => [row.n, row.seq, row.ordinal, row.createdAt, row.membersVersion, row.messageId]),
    );
  }

  makePartitions(): Promise<void> {
    return this.#ask(() => undefined);
  }

  drop(): void {
    this.#before = this.#session ?? this.#before;
    this.#session = null;
  }

  close(): Promise<void> {
    this.#session?.end();
    this.#session = null;
    return Promise.resolve();
  }

  #connected(): Promise<Session> {
    if (this.#session !== null && !this.#session.isEnded) return Promise.resolve(this.#session);
    this.#opening ??= this.#ask(() => {
      // What the last one has under way is committed, or never will be.
      (this.#session ?? this.#before)?.end();
      this.#before = null;
      return this.#model.session(this.#asker, this.#boot);
    })
      .then((session) => (this.#session = session))
      .finally(() => (this.#opening = null));
    return this.#opening;
  }

  #ask<T>(read: () => T): Promise<T> {
    const { time } = this.#model;
    return new Promise((resolve, reject) => {
      time.after(this.#model.latencyMs(), () => {
        if (this.#model.isDown || this.#asker.state === 'dead') {
          return void time.after(CONNECT_FAILS_MS, () => this.#asker.run(() => reject(lost())));
        }
        const answer = read();
        time.after(this.#model.latencyMs(), () => this.#asker.run(() => resolve(answer)));
      });
    });
  }
}
