/** A timer that can be cancelled; cancelling one that has run does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, randomness and scheduling, passed in: the SDK uses no global clock, so a test can run it under its own.
 *
 * @example
 * const client = new ParleyClient({ token, chatUrl, runtime: { ...systemRuntime, random: () => 0.5 } });
 */
export interface Runtime {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** Runs once after `delayMs`. */
  after(delayMs: number, run: () => void): Timer;
  /** Runs after the code that runs now: changes made in one go are told once. */
  soon(run: () => void): void;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** 128 random bits as 32 hex digits: a new clientMessageId. */
  id(): string;
}

/** The real clock and randomness of a browser or of Node 20 and later. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => queueMicrotask(run),
  random: () => Math.random(),
  id: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
};
