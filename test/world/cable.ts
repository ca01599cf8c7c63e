import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be cut: a TCP proxy in between. */
export interface Cable {
  readonly url: string;
  /** Cuts every connection that runs through it now. */
  cut(): void;
  /** Lets nothing more through, in either direction, but closes nothing: a network that is gone. */
  freeze(): void;
  thaw(): void;
  /** As if the server had been stopped: what runs is cut, and who comes is refused. `plug` undoes it. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Each answer of the server comes so much later; 0: at once again. */
  slow(ms: number): void;
  /** The connections of now never let anything through again and are never closed; new ones are as good as ever. */
  forget(): void;
  remove(): Promise<void>;
}

export async function cableTo(url: string): Promise<Cable> {
  const { hostname, port } = new URL(url);
  const ends = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  let frozen = false;
  let slowMs = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const answers = inTime(() => slowMs);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      if (frozen) from.pause();
      const pass = from === far ? answers : (run: () => void) => run();
      from.on('data', (data) => pass(() => to.write(data)));
      from.on('error', () => undefined);
      from.on('close', () => {
        ends.delete(from);
        pass(() => to.destroy());
      });
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port: nearPort } = server.address() as AddressInfo;
  const cut = () => ends.forEach((end) => end.destroy());
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  return {
    url: `ws://127.0.0.1:${nearPort}`,
    cut,
    unplug: stop,
    plug: async () => {
      if (!server.listening) await listen(nearPort);
    },
    slow: (ms) => {
      slowMs = ms;
    },
    freeze: () => {
      frozen = true;
      ends.forEach((end) => end.pause());
    },
    thaw: () => {
      frozen = false;
      for (const end of ends) if (!forgotten.has(end)) end.resume();
    },
    forget: () => {
      for (const end of ends) forgotten.add(end.pause());
    },
    remove: async () => {
      if (server.listening) await stop();
    },
  };
}

/** Runs what it is given after `delayMs()`, in the order in which it was given. */
function inTime(delayMs: () => number): (run: () => void) => void {
  let lastAt = 0;
  return (run) => {
    const now = performance.now();
    lastAt = Math.max(lastAt, now + delayMs());
    if (lastAt <= now) run();
    else setTimeout(run, lastAt - now);
  };
}
