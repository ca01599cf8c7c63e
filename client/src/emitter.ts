/** Stops listening. Calling it again does nothing. */
export type Unsubscribe = () => void;

/**
 * Typed events: a map of names to payloads. A listener that throws stops neither the others nor the SDK; its error is
 * thrown again outside, where the platform reports it.
 *
 * @example
 * const emitter = new Emitter<{ tick: number }>();
 * const stop = emitter.on('tick', (n) => console.log(n));
 * emitter.emit('tick', 1);
 * stop();
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>();

  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // Wrapped, so that one function registered twice is two listeners, each with its own end.
    const own = (payload: Events[Name]) => listener(payload);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      try {
        (listener as (payload: Events[Name]) => void)(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
