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
  /** The connections of now never let anything through again and are never closed; new ones are as good as ever. */
  forget(): void;
  remove(): Promise<void>;
}

export async function cableTo(url: string): Promise<Cable> {
  const { hostname, port } = new URL(url);
  const ends = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      if (frozen) from.pause();
      from.on('data', (data) => to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => ends.forEach((end) => end.destroy()),
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
      ends.forEach((end) => end.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
