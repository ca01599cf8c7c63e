import type { Runtime } from '../ports/runtime.js';
import type { Socket } from './socket.js';

/** Frames that wait for one connection above this end it as slow: the log has everything (D8). */
const SEND_QUEUE_MAX_BYTES = 1_310_720;
/** Above this, what may be dropped is dropped. */
const EPHEMERAL_MAX_BYTES = 65_536;
/** A reply waits for the connection to be down to this before it is even made (R14). */
const REPLY_ROOM_BYTES = 262_144;
const WRITE_MAX_BYTES = 65_536;

/** Writes out, once at the end of each tick, whatever the send queues took in during it: one write per socket. */
export class Flusher {
  readonly #runtime: Runtime;
  #dirty: SendQueue[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  add(queue: SendQueue): void {
    if (this.#dirty.push(queue) === 1) this.#runtime.soon(() => this.#flush());
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const queue of dirty) queue.flush();
  }
}

/** What is on its way to one connection: the one place that knows backpressure. */
export class SendQueue {
  readonly #socket: Socket;
  readonly #flusher: Flusher;
  readonly #onSlow: () => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #held = false;

  constructor(socket: Socket, flusher: Flusher, onSlow: () => void) {
    this.#socket = socket;
    this.#flusher = flusher;
    this.#onSlow = onSlow;
  }

  /** Takes a frame that must arrive, or the connection ends as slow. */
  push(frame: Uint8Array): void {
    this.#bytes += frame.length;
    if (this.#frames.push(frame) === 1 && !this.#held) this.#flusher.add(this);
    if (this.#bytes + this.#socket.bufferedBytes <= SEND_QUEUE_MAX_BYTES) return;
    // A burst within one tick is not slowness: what counts is what the network does not take.
    this.flush();
    if (this.#bytes + this.#socket.bufferedBytes > SEND_QUEUE_MAX_BYTES) this.#onSlow();
  }

  /** Takes a frame that may be dropped; false if it was. */
  pushEphemeral(frame: Uint8Array): boolean {
    if (this.#bytes + this.#socket.bufferedBytes > EPHEMERAL_MAX_BYTES) return false;
    this.push(frame);
    return true;
  }

  /** Keeps what comes back, so that a snapshot that is being read goes out before what happened meanwhile (R8). */
  hold(): void {
    this.flush();
    this.#held = true;
  }

  /** Sends `first`, then what was held back. */
  release(first?: Uint8Array): void {
    this.#held = false;
    if (first !== undefined) {
      this.#bytes += first.length;
      this.#frames.unshift(first);
    }
    this.flush();
  }

  /** Resolves when there is room for a reply; at once, mostly. */
  room(): void | Promise<void> {
    if (this.#bytes + this.#socket.bufferedBytes <= REPLY_ROOM_BYTES) return;
    this.flush();
    return new Promise((resolve) => this.#socket.onceDrained(resolve));
  }

  flush(): void {
    const frames = this.#frames;
    if (this.#held || frames.length === 0) return;
    this.#frames = [];
    this.#bytes = 0;
    const [only] = frames;
    if (frames.length === 1 && only !== undefined) this.#socket.write(only);
    else for (const chunk of chunks(frames)) this.#socket.write(chunk);
  }
}

/** Frames joined into writes of a bounded size: one write costs the same whatever it carries. */
function* chunks(frames: Uint8Array[]): Generator<Uint8Array> {
  let start = 0;
  let bytes = 0;
  for (const [i, frame] of frames.entries()) {
    if (bytes > 0 && bytes + frame.length > WRITE_MAX_BYTES) {
      yield Buffer.concat(frames.slice(start, i), bytes);
      start = i;
      bytes = 0;
    }
    bytes += frame.length;
  }
  yield Buffer.concat(frames.slice(start), bytes);
}
