import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a Redis that can be shut, or left open with nothing passing. */
export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: 'open' | 'shut' | 'stuck' = 'open';

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(redisUrl: string): Promise<Gate> {
    const { hostname, port } = new URL(redisUrl);
    const server = createServer();
    const gate = new Gate(server);
    server.on('connection', (socket) => gate.#pass(socket, connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, and none is made. */
  shut(): void {
    this.#state = 'shut';
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections stay, and carry nothing. */
  stick(): void {
    this.#state = 'stuck';
    for (const socket of this.#sockets) socket.pause();
  }

  open(): void {
    this.#state = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  close(): void {
    this.shut();
    this.#server.close();
  }

  #pass(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    for (const [from, to] of [pair, [far, near] as const]) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => to.write(bytes));
    }
    if (this.#state === 'shut') for (const socket of pair) socket.destroy();
    if (this.#state === 'stuck') for (const socket of pair) socket.pause();
  }
}
