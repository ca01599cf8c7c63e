import type { http } from '@parley/protocol';
import type { Fleet, ServerNumbers } from '../ports/fleet.js';
import type { Readings } from '../ports/meter.js';
import type { OfflineQueue } from '../ports/offline.js';
import type { Runtime } from '../ports/runtime.js';

export interface NumbersParts {
  /** The name of this server. */
  server: string;
  version: string;
  roles: readonly string[];
  hasArchive: boolean;
  readings: Readings;
  connections: () => { chat: number; presence: number };
  memoryBytes: () => number;
  offline: Pick<OfflineQueue, 'size'>;
  fleet: Fleet | null;
  runtime: Runtime;
}

interface Sample {
  at: number;
  messages: number;
}

/** What this server is doing, and what the others told last. */
export class Numbers {
  readonly #parts: NumbersParts;
  readonly #startedAt: number;
  /** The last two: a rate is over at least the time between them. */
  #samples: readonly [Sample, Sample];

  constructor(parts: NumbersParts) {
    this.#parts = parts;
    this.#startedAt = parts.runtime.monotonic();
    const start = { at: this.#startedAt, messages: 0 };
    this.#samples = [start, start];
  }

  /** Notes how much was done up to now, and tells the others. To be called every few seconds. */
  async tick(): Promise<void> {
    const own = await this.#own();
    this.#samples = [this.#samples[1], { at: this.#parts.runtime.monotonic(), messages: await this.#messages() }];
    await this.#parts.fleet?.tell(own);
  }

  async read(): Promise<http.Numbers> {
    const { fleet, offline } = this.#parts;
    const own = await this.#own();
    const others = fleet === null ? [] : await fleet.others().catch(() => null);
    const servers = [own, ...(others ?? [])].toSorted((a, b) => (a.server < b.server ? -1 : 1));
    return { servers, isComplete: others !== null, offlineRows: await offline.size() };
  }

  async #own(): Promise<ServerNumbers> {
    const { server, version, roles, hasArchive, readings, connections, memoryBytes, runtime } = this.#parts;
    const [before] = this.#samples;
    const seconds = Math.max(1, (runtime.monotonic() - before.at) / 1_000);
    return {
      server,
      version,
      roles: [...roles],
      uptime: Math.round((runtime.monotonic() - this.#startedAt) / 1_000),
      connections: connections(),
      messagesPerSecond: Math.round(((await this.#messages()) - before.messages) / seconds / 0.1) * 0.1,
      commitQueue: await readings.gauge('commit_queue'),
      unarchived: hasArchive ? await readings.gauge('journal_unarchived') : null,
      memoryBytes: memoryBytes(),
      at: runtime.now(),
    };
  }

  async #messages(): Promise<number> {
    const { readings } = this.#parts;
    return (await readings.counted('messages_sent_direct')) + (await readings.counted('messages_sent_group'));
  }
}
