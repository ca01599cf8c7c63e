import type { Pace } from './plan.js';
import { micros } from './tally.js';

/** Sends a stream's next message, which is to be timed from `stamp`. */
export type Send = (stream: number, stamp: number) => void;

/** Decides when each stream sends. */
export interface Pacer {
  start(): void;
  stop(): void;
  /** A message of the stream was answered. */
  answered(stream: number): void;
}

export function pacerOf(pace: Pace, streams: number, send: Send): Pacer {
  return pace.kind === 'rate' ? new RatePacer(pace.perS, streams, send) : new WindowPacer(pace.inFlight, streams, send);
}

/** Timers fire at whole milliseconds; what falls due before the next one goes out with this one, timed from then. */
const TICK_MICROS = 1_000;

/**
 * Open loop: every message has its moment, and goes out at it whatever became of those before. One that goes out late,
 * because this process or the server held it up, is timed from its moment, not from its sending.
 */
class RatePacer implements Pacer {
  readonly #periodMicros: number;
  readonly #streams: number;
  readonly #send: Send;
  #dueAt = 0;
  #turn = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(perS: number, streams: number, send: Send) {
    this.#periodMicros = 1_000_000 / perS;
    this.#streams = streams;
    this.#send = send;
  }

  start(): void {
    this.#dueAt = micros();
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  answered(): void {
    // Open loop: an answer changes nothing.
  }

  #tick(): void {
    const now = micros();
    while (this.#dueAt <= now + TICK_MICROS) {
      this.#send(this.#turn, Math.min(Math.round(this.#dueAt), now));
      this.#turn = (this.#turn + 1) % this.#streams;
      this.#dueAt += this.#periodMicros;
    }
  }
}

/** As fast as answers come: each stream keeps the same number on its way. */
class WindowPacer implements Pacer {
  readonly #inFlight: number;
  readonly #streams: number;
  readonly #send: Send;
  #running = false;

  constructor(inFlight: number, streams: number, send: Send) {
    this.#inFlight = inFlight;
    this.#streams = streams;
    this.#send = send;
  }

  start(): void {
    this.#running = true;
    for (let i = 0; i < this.#inFlight * this.#streams; i++) this.#send(i % this.#streams, micros());
  }

  stop(): void {
    this.#running = false;
  }

  answered(stream: number): void {
    if (this.#running) this.#send(stream, micros());
  }
}
