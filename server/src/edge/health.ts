import type { http } from '@parley/protocol';
import type { Check } from '../ports/profile.js';
import type { Runtime } from '../ports/runtime.js';

export interface HealthParts {
  runtime: Runtime;
  /** By the name of the part: `store`, … */
  checks: Record<string, Check>;
  version: string;
  profile: string;
  roles: readonly string[];
}

type Outcome = 'ok' | 'failing';

const CHECK_TIMEOUT_MS = 2_000;
/** Whoever asks, and however often, the parts are asked once in this time. */
const KEPT_FOR_MS = 1_000;

/** Whether this server works, for people, probes and balancers. */
export class Health {
  readonly #parts: HealthParts;
  readonly #startedAt: number;
  #draining = false;
  #last: { at: number; checks: Promise<Record<string, Outcome>> } | null = null;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#startedAt = parts.runtime.monotonic();
  }

  /** From now on not ready: no new connections, please. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether to send anybody here: not while draining, or while a vital part fails. */
  async readiness(): Promise<{ isReady: boolean; health: http.Health }> {
    const health = await this.read();
    const failing = Object.entries(this.#parts.checks).some(
      ([name, { isVital }]) => isVital && health.checks[name] === 'failing',
    );
    return { isReady: health.status !== 'draining' && !failing, health };
  }

  /** What there is to say, with every part asked. */
  async read(): Promise<http.Health> {
    const { runtime, version, profile, roles } = this.#parts;
    const checks = await this.#checks();
    const failing = Object.values(checks).includes('failing');
    return {
      status: this.#draining ? 'draining' : failing ? 'degraded' : 'ok',
      uptime: Math.round(runtime.monotonic() - this.#startedAt) / 1_000,
      timestamp: new Date(runtime.now()).toISOString(),
      version,
      profile,
      roles: [...roles],
      checks,
    };
  }

  #checks(): Promise<Record<string, Outcome>> {
    const now = this.#parts.runtime.monotonic();
    if (this.#last && now - this.#last.at < KEPT_FOR_MS) return this.#last.checks;
    const checks = this.#run();
    this.#last = { at: now, checks };
    return checks;
  }

  async #run(): Promise<Record<string, Outcome>> {
    const outcomes = Object.entries(this.#parts.checks).map(async ([name, check]) => [name, await this.#outcome(check)] as const);
    return Object.fromEntries(await Promise.all(outcomes));
  }

  #outcome({ run }: Check): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = this.#parts.runtime.after(CHECK_TIMEOUT_MS, () => resolve('failing'));
      const end = (outcome: Outcome) => {
        timer.cancel();
        resolve(outcome);
      };
      Promise.resolve()
        .then(run)
        .then(
          () => end('ok'),
          () => end('failing'),
        );
    });
  }
}
