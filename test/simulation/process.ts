import type { Runtime, Timer } from '../../server/src/ports/runtime.js';
import type { Chance } from './chance.js';
import { EPOCH, type Time } from './time.js';

/**
 * A process of the simulation, a server or a device: it runs, is stopped (SIGSTOP) or is dead (SIGKILL). Whatever reaches
 * it passes `run`: of a stopped one it waits, of a dead one it is lost.
 */
export class Process implements Runtime {
  readonly name: string;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #startedAt: number;
  readonly #clockOffMs: number;
  #state: 'runs' | 'stopped' | 'dead' = 'runs';
  #waiting: (() => void)[] = [];
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string, time: Time, chance: Chance, clockOffMs = 0) {
    this.name = name;
    this.#time = time;
    this.#chance = chance;
    this.#startedAt = time.now();
    this.#clockOffMs = clockOffMs;
  }

  get state(): 'runs' | 'stopped' | 'dead' {
    return this.#state;
  }

  /** Something comes to the process from outside. */
  run(task: () => void): void {
    if (this.#state === 'runs') task();
    else if (this.#state === 'stopped') this.#waiting.push(task);
  }

  stop(): void {
    if (this.#state === 'runs') this.#state = 'stopped';
  }

  /** What waited runs now, each as an event of its own. */
  goOn(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'runs';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) this.#time.after(0, () => this.run(task));
  }

  /** Whatever it holds is gone; what ends with it is told. */
  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#waiting = [];
    for (const told of this.#onDeath.splice(0)) told();
  }

  onDeath(run: () => void): void {
    this.#onDeath.push(run);
  }

  readonly now = (): number => Math.floor(EPOCH + this.#time.now() + this.#clockOffMs);
  readonly monotonic = (): number => this.#time.now() - this.#startedAt;

  after(delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const timer = this.#time.after(delayMs, () => this.run(() => isCancelled || run()));
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** As Node has it: what could not run in time runs once, then goes on from there. */
  every(periodMs: number, run: () => void): Timer {
    let timer: Timer;
    let isCancelled = false;
    const next = () => {
      timer = this.after(periodMs, () => {
        run();
        if (!isCancelled) next();
      });
    };
    next();
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  soon(run: () => void): void {
    this.#time.after(0, () => this.run(run));
  }

  readonly random = (): number => this.#chance.number();

  /** A UUIDv7. */
  readonly id = (): string => {
    const time = this.now().toString(16).padStart(12, '0');
    const hex = this.#chance.hex();
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
  };
}
