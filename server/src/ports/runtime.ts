/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, randomness and scheduling, passed in by the composition root. `chat/`, `edge/` and `worker/` use nothing else,
 * so that whole servers can run under simulated time.
 */
export interface Runtime {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** Milliseconds that never go backwards; for durations and deadlines. */
  monotonic(): number;
  /** Runs once after `delayMs`. A waiting timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Runs every `periodMs`, until cancelled. */
  every(periodMs: number, run: () => void): Timer;
  /** Runs after what is ready now (sockets, answers) has been handled: the end of a tick. */
  soon(run: () => void): void;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** A new UUIDv7. */
  id(): string;
}
