import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What is done to the next append that comes through. */
type Plan = 'pass' | 'lose its answer' | 'hold it back';

/** The wire between a server and PostgreSQL, which can be cut at the worst moment. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #to: URL;
  #plan: Plan = 'pass';
  #held: (() => void) | null = null;

  private constructor(to: string) {
    this.#to = new URL(to);
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(url);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    return cable;
  }

  get url(): string {
    const url = new URL(this.#to);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** The next append is run, and the connection breaks before its answer comes. */
  loseNextAnswer(): void {
    this.#plan = 'lose its answer';
  }

  /** The connection breaks while the next append is on its way. It comes out at the other end when it is let go. */
  holdNextBack(): void {
    this.#plan = 'hold it back';
  }

  letGo(): void {
    this.#held?.();
    this.#held = null;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#to.port || 5432), this.#to.hostname);
    let isLosing = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      // An append binds the statement of that name.
      const plan = bytes.includes('\0tick\0') && this.#plan !== 'pass' ? this.#plan : 'pass';
      if (plan !== 'pass') this.#plan = 'pass';
      if (plan === 'hold it back') {
        this.#held = () => server.write(bytes);
        client.destroy();
        return;
      }
      isLosing = plan === 'lose its answer';
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (isLosing) client.destroy();
      else client.write(bytes);
    });
    client.on('close', () => {
      if (this.#held === null) server.destroy();
    });
    server.on('close', () => client.destroy());
  }
}
