import type { Socket as ServerSocket } from '../../server/src/edge/socket.js';
import type { Socket as ClientSocket } from '../../client/src/socket.js';
import type { Chance } from './chance.js';
import type { Process } from './process.js';
import type { Time } from './time.js';

/** What a server does with an upgrade. */
export interface Listener {
  readonly process: Process;
  /** Resolves with what reads the socket, or rejects with the HTTP status. */
  upgrade(path: string, token: string, socket: ServerSocket): Promise<Reader>;
}

/** Who reads a socket at the server. */
export interface Reader {
  receive(frame: string): void;
  heard(): void;
  ended(code: number): void;
}

/** Why an upgrade was refused. */
export class RefusedUpgrade extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

export interface NetworkOptions {
  minLatencyMs: number;
  maxLatencyMs: number;
}

/**
 * The way between devices and servers: each connection carries its frames in order, each with a latency of its own, so
 * that those of different connections overtake each other. A connection is cut (both ends are told) or goes dark (nobody
 * is told, and nothing passes).
 */
export class Network {
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #options: NetworkOptions;
  readonly #links = new Set<Link>();
  /** Servers that take connections, by name. */
  readonly listeners = new Map<string, Listener>();
  /** Nothing gets through to any server. */
  isDown = false;
  /** Told of each frame, as it is sent. */
  onFrame: (device: Process, way: 'up' | 'down', frame: string) => void = () => undefined;

  constructor(time: Time, chance: Chance, options: NetworkOptions) {
    this.#time = time;
    this.#chance = chance;
    this.#options = options;
  }

  get links(): Link[] {
    return [...this.#links];
  }

  /** Opens a connection to one of the servers, as a balancer picks them. */
  connect(device: Process, url: string, token: string): ClientSocket {
    const names = [...this.listeners.keys()];
    const listener = names.length === 0 ? null : (this.listeners.get(this.#chance.pick(names)) ?? null);
    const link = new Link({
      device,
      listener,
      path: url,
      token,
      latencyMs: () => this.#latencyMs(),
      time: this.#time,
      onFrame: this.onFrame,
    });
    this.#links.add(link);
    link.onGone = () => this.#links.delete(link);
    link.start(this.isDown);
    return link.client;
  }

  /** Cuts the connections to a server: those of a process that died are reset by its machine, or by nobody. */
  lose(process: Process, isTold: boolean): void {
    for (const link of this.#links) {
      if (link.listener?.process !== process) continue;
      if (isTold) link.cut();
      else link.goDark();
    }
  }

  #latencyMs(): number {
    const { minLatencyMs, maxLatencyMs } = this.#options;
    // Most are quick, a few are not.
    const share = this.#chance.number();
    return minLatencyMs + (maxLatencyMs - minLatencyMs) * share * share;
  }
}

interface LinkParts {
  device: Process;
  listener: Listener | null;
  path: string;
  token: string;
  latencyMs: () => number;
  time: Time;
  onFrame: Network['onFrame'];
}

const ABNORMAL = 1006;
const HANDSHAKE_MAX_MS = 2_000;
/** A network that takes no more than this keeps the rest at the server. */
const WINDOW_BYTES = 65_536;

/** One connection between a device and a server. */
export class Link {
  readonly client: ClientSocket & { readyState: number; refusedStatus: number | undefined };
  readonly listener: Listener | null;
  onGone: () => void = () => undefined;
  readonly #parts: LinkParts;
  /** When the last frame of each way arrives: none overtakes it. */
  #downAt = 0;
  #upAt = 0;
  #isDark = false;
  #isGone = false;
  #isAnswered = false;
  #isServerOpen = false;
  #isReading = true;
  #unread: string[] = [];
  #reader: Reader | null = null;
  /** Bytes under way to a device that reads slowly, by when they are taken. */
  #buffered = 0;
  #drained: (() => void)[] = [];
  /** How many bytes the device reads in a millisecond. */
  bytesPerMs = Number.POSITIVE_INFINITY;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.listener = parts.listener;
    this.client = {
      readyState: 0,
      refusedStatus: undefined,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (frame) => {
        parts.onFrame(parts.device, 'up', frame);
        this.#up(() => this.#atServer(frame));
      },
      close: (code = 1005) => this.#closeFromClient(code),
    };
  }

  get device(): Process {
    return this.#parts.device;
  }

  get isOpen(): boolean {
    return this.client.readyState === 1 && !this.#isGone;
  }

  get isDark(): boolean {
    return this.#isDark;
  }

  start(isDown: boolean): void {
    const { device, listener, path, token } = this.#parts;
    device.onDeath(() => this.#clientDied());
    if (isDown) return;
    if (listener === null || listener.process.state === 'dead') return this.#down(() => this.#closedAtClient(ABNORMAL));
    this.#up(() => {
      listener.upgrade(path, token, this.#serverSocket()).then(
        (reader) => {
          if (this.#isGone) return reader.ended(ABNORMAL);
          this.#reader = reader;
          this.#isServerOpen = true;
          this.#answer();
          this.#readAll();
        },
        (error: unknown) => {
          const status = error instanceof RefusedUpgrade ? error.status : 500;
          this.#down(() => {
            this.client.refusedStatus = status;
            this.#closedAtClient(ABNORMAL);
          });
        },
      );
    });
  }

  /** Both ends learn that it is gone. What is under way is lost. */
  cut(): void {
    if (this.#isGone) return;
    const { device, listener, time, latencyMs } = this.#parts;
    this.#gone();
    time.after(latencyMs(), () => device.run(() => this.#tellClient(ABNORMAL)));
    time.after(latencyMs(), () => listener?.process.run(() => this.#endedAtServer(ABNORMAL)));
  }

  /** Nothing passes any more, and nobody is told. */
  goDark(): void {
    this.#isDark = true;
  }

  #gone(): void {
    this.#isGone = true;
    this.onGone();
  }

  #clientDied(): void {
    if (this.#isGone) return;
    const { listener, time, latencyMs } = this.#parts;
    this.#gone();
    if (!this.#isDark) time.after(latencyMs(), () => listener?.process.run(() => this.#endedAtServer(ABNORMAL)));
  }

  #up(run: () => void): void {
    const { listener, latencyMs, time } = this.#parts;
    if (this.#isDark || this.#isGone) return;
    this.#upAt = Math.max(this.#upAt, time.now() + latencyMs());
    time.after(this.#upAt - time.now(), () => {
      if (!this.#isDark && !this.#isGone) listener?.process.run(run);
    });
  }

  #down(run: () => void, bytes = 0): void {
    const { device, latencyMs, time } = this.#parts;
    if (this.#isDark || this.#isGone) {
      this.#buffered += bytes;
      return;
    }
    const readMs = bytes / this.bytesPerMs;
    this.#buffered += bytes;
    this.#downAt = Math.max(this.#downAt + readMs, time.now() + latencyMs());
    time.after(this.#downAt - time.now(), () => {
      if (this.#isDark || this.#isGone) return;
      this.#buffered -= bytes;
      if (this.#buffered <= WINDOW_BYTES) this.#tellDrained();
      device.run(run);
    });
  }

  #atServer(frame: string): void {
    this.#unread.push(frame);
    this.#readAll();
  }

  #readAll(): void {
    while (this.#isReading && this.#isServerOpen && this.#unread.length > 0)
      this.#reader?.receive(this.#unread.shift() as string);
  }

  #serverSocket(): ServerSocket {
    const bufferedBytes = () => Math.max(0, this.#buffered - WINDOW_BYTES);
    return {
      write: (frames) => {
        if (this.#isGone) return;
        this.#answer();
        this.#down(() => this.#atClient(frames), frames.byteLength);
      },
      get bufferedBytes() {
        return bufferedBytes();
      },
      pause: () => void (this.#isReading = false),
      resume: () => {
        this.#isReading = true;
        this.#readAll();
      },
      ping: () => this.#down(() => this.#up(() => this.#reader?.heard())),
      close: (code) => this.#closeFromServer(code),
      terminate: () => this.#endFromServer(),
      onceDrained: (run) => {
        if (this.#buffered <= WINDOW_BYTES || this.#isGone) this.#parts.time.after(0, () => this.listener?.process.run(run));
        else this.#drained.push(run);
      },
    };
  }

  /** The answer to the upgrade goes out before any frame. */
  #answer(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#down(() => this.#openAtClient());
  }

  #tellDrained(): void {
    for (const run of this.#drained.splice(0)) this.listener?.process.run(run);
  }

  #openAtClient(): void {
    if (this.client.readyState !== 0) return;
    this.client.readyState = 1;
    (this.client.onopen as ((event: object) => void) | null)?.({});
  }

  #atClient(frames: Uint8Array): void {
    if (this.client.readyState !== 1) return;
    for (const data of textsIn(frames)) {
      this.#parts.onFrame(this.#parts.device, 'down', data);
      this.client.onmessage?.({ data });
    }
  }

  /** The closing handshake, begun by the server. */
  #closeFromServer(code: number): void {
    this.#isServerOpen = false;
    this.#unread = [];
    const { listener, time } = this.#parts;
    this.#down(() => {
      this.#up(() => this.#finish(code));
      this.client.readyState = 3;
      this.client.onclose?.({ code, reason: '' });
    });
    time.after(HANDSHAKE_MAX_MS, () => listener?.process.run(() => this.#finish(ABNORMAL)));
  }

  /** Begun by the client: for it the socket is gone at once. */
  #closeFromClient(code: number): void {
    if (this.client.readyState >= 2) return;
    this.client.readyState = 3;
    this.#up(() => this.#finish(code));
    const { device, time } = this.#parts;
    time.after(0, () => device.run(() => this.client.onclose?.({ code, reason: '' })));
  }

  #finish(code: number): void {
    if (this.#isGone) return;
    this.#gone();
    this.#endedAtServer(code);
  }

  #endFromServer(): void {
    const { device, listener, time, latencyMs } = this.#parts;
    if (this.#isGone) return;
    const isDark = this.#isDark;
    this.#gone();
    time.after(0, () => listener?.process.run(() => this.#endedAtServer(ABNORMAL)));
    if (!isDark) time.after(latencyMs(), () => device.run(() => this.#tellClient(ABNORMAL)));
  }

  #endedAtServer(code: number): void {
    const reader = this.#reader;
    this.#reader = null;
    this.#isServerOpen = false;
    this.#tellDrained();
    reader?.ended(code);
  }

  #closedAtClient(code: number): void {
    if (!this.#isGone) this.#gone();
    this.#tellClient(code);
  }

  #tellClient(code: number): void {
    if (this.client.readyState === 3) return;
    this.client.readyState = 3;
    this.client.onclose?.({ code, reason: '' });
  }
}

const decoder = new TextDecoder();

/** The texts of whole, unmasked text frames. */
function* textsIn(frames: Uint8Array): Generator<string> {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  for (let at = 0; at < frames.byteLength;) {
    if (view.getUint8(at) !== 0x81) throw new Error('the server wrote what is not a whole text frame');
    const short = view.getUint8(at + 1);
    const length = short < 126 ? short : short === 126 ? view.getUint16(at + 2) : Number(view.getBigUint64(at + 2));
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    yield decoder.decode(frames.subarray(start, start + length));
    at = start + length;
  }
}
