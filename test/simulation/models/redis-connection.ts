import type { Asker } from './asker.js';
import type { ModelClient } from './redis-client.js';
import type { RedisModel } from './redis.js';

interface Waiting {
  resolve: (reply: unknown) => void;
  reject: (error: unknown) => void;
}

/** One connection: commands and answers in order. */
export class RedisConnection {
  readonly channels = new Set<string>();
  readonly waiting = new Set<Waiting>();
  heardAt: number;
  readonly #model: RedisModel;
  readonly #asker: Asker;
  readonly #client: ModelClient;
  #upAt = 0;
  #downAt = 0;
  #held: (() => void)[] = [];
  isBroken = false;

  constructor(model: RedisModel, asker: Asker, client: ModelClient) {
    this.#model = model;
    this.#asker = asker;
    this.#client = client;
    this.heardAt = model.time.now();
    model.connected(this);
  }

  /** Runs at Redis, in the order of the calls. `run` answers once. */
  send(run: (answer: (reply: unknown) => void, failed: (error: unknown) => void) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      this.waiting.add(waiting);
      this.#up(() => {
        const back = (tell: () => void) =>
          this.#back(() => {
            this.waiting.delete(waiting);
            tell();
          });
        run(
          (reply) => back(() => resolve(reply)),
          (error) => back(() => reject(error)),
        );
      });
    });
  }

  #up(run: () => void): void {
    if (this.#model.isDark(this.#asker)) return void this.#held.push(() => this.#up(run));
    const { time } = this.#model;
    this.#upAt = Math.max(this.#upAt, time.now() + this.#model.latencyMs());
    time.after(this.#upAt - time.now(), () => this.isBroken || run());
  }

  /** What was held up passes now, in its order. */
  goOn(): void {
    if (this.#model.isDark(this.#asker)) return;
    for (const pass of this.#held.splice(0)) pass();
  }

  message(channel: string, message: Buffer): void {
    this.#back(() => this.#client.emit('messageBuffer', Buffer.from(channel), message));
  }

  break(): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.#model.disconnected(this);
    this.#model.time.after(this.#model.latencyMs(), () => this.#asker.run(() => this.#client.lost(this)));
  }

  #back(tell: () => void): void {
    const { time } = this.#model;
    if (this.#model.isDark(this.#asker)) return void this.#held.push(() => this.#back(tell));
    this.#downAt = Math.max(this.#downAt, time.now() + this.#model.latencyMs());
    time.after(this.#downAt - time.now(), () => {
      if (this.isBroken) return;
      this.#asker.run(() => {
        if (this.isBroken) return;
        this.heardAt = time.now();
        tell();
      });
    });
  }
}
