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

type Outcome = http.Health['checks'][string];

/** Whoever asks, and however often, a part is asked once in this time. */
const KEPT_FOR_MS = 1_000;
/** Nobody who asks waits for longer: a part that has not answered by then is slow. */
const SLOW_AFTER_MS = 1_000;
/** One that has not answered by then fails, and may be asked once more. */
const FAILING_AFTER_MS = 4_000;

/** Whether this server works, for people, probes and balancers. */
export class Health {
  readonly #parts: HealthParts;
  readonly #startedAt: number;
  readonly #probes: ReadonlyMap<string, Probe>;
  #draining = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#probes = new Map(Object.entries(parts.checks).map(([name, { run }]) => [name, new Probe(run, parts.runtime)]));
    this.#startedAt = parts.runtime.monotonic();
  }

  /** From now on not ready: no new connections, please. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether to send anybody here: not while draining, or while a vital part fails. One that is slow serves all the same. */
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
    const isWell = Object.values(checks).every((outcome) => outcome === 'ok');
    return {
      status: this.#draining ? 'draining' : isWell ? 'ok' : 'degraded',
      uptime: Math.round(runtime.monotonic() - this.#startedAt) / 1_000,
      timestamp: new Date(runtime.now()).toISOString(),
      version,
      profile,
      roles: [...roles],
      checks,
    };
  }

  /** Each part with how long its last answer took. */
  async parts(): Promise<http.AdminHealth> {
    const { status, checks } = await this.read();
    const parts = Object.entries(this.#parts.checks).map(([name, { isVital }]) => ({
      name,
      state: checks[name] ?? 'failing',
      latencyMs: this.#probes.get(name)?.latencyMs ?? null,
      isVital,
    }));
    return { status, parts };
  }

  async #checks(): Promise<Record<string, Outcome>> {
    const outcomes = [...this.#probes].map(async ([name, probe]) => [name, await probe.outcome()] as const);
    return Object.fromEntries(await Promise.all(outcomes));
  }
}

interface Asking {
  since: number;
  answered: Promise<void>;
}

/** One part: asked when somebody wants to know, and never again while it still owes an answer. */
class Probe {
  readonly #run: Check['run'];
  readonly #runtime: Runtime;
  #last: { outcome: Outcome; at: number } | null = null;
  #asking: Asking | null = null;
  #latencyMs: number | null = null;

  constructor(run: Check['run'], runtime: Runtime) {
    this.#run = run;
    this.#runtime = runtime;
  }

  /** Of the last answer that came. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  async outcome(): Promise<Outcome> {
    const now = this.#runtime.monotonic();
    if (this.#asking === null && this.#last !== null && now - this.#last.at < KEPT_FOR_MS) return this.#last.outcome;
    const asking = (this.#asking ??= this.#ask());
    await this.#within(asking.answered, asking.since + SLOW_AFTER_MS - now);
    if (this.#asking !== asking) return this.#last?.outcome ?? 'failing';
    // What failed last fails until it answers.
    return this.#last?.outcome === 'failing' ? 'failing' : 'slow';
  }

  #ask(): Asking {
    let resolve = () => {};
    const answered = new Promise<void>((done) => (resolve = done));
    const asking: Asking = { since: this.#runtime.monotonic(), answered };
    const answer = (outcome: Outcome) => {
      late.cancel();
      if (this.#asking === asking) {
        this.#asking = null;
        this.#last = { outcome, at: this.#runtime.monotonic() };
      }
      resolve();
    };
    const late = this.#runtime.after(FAILING_AFTER_MS, () => answer('failing'));
    void Promise.resolve()
      .then(this.#run)
      .then(
        () => {
          this.#latencyMs = Math.round((this.#runtime.monotonic() - asking.since) * 100) / 100;
          answer('ok');
        },
        () => answer('failing'),
      );
    return asking;
  }

  #within(answered: Promise<void>, ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#runtime.after(ms, resolve);
      void answered.then(() => (timer.cancel(), resolve()));
    });
  }
}
