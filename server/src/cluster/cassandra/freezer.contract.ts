import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands before a node, and stands still like a stopped process when told to: connections are taken, nothing is
 * answered, and nothing is lost. Only this test's client notices.
 */
export class Freezer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      const node = connect(port, host);
      this.#add(client, node);
      this.#add(node, client);
    });
  }

  static async before(contactPoints: string): Promise<Freezer> {
    const [host = '', port = '9042'] = (contactPoints.split(',')[0] ?? '').split(':');
    const freezer = new Freezer(host, Number(port));
    await new Promise<void>((resolve) => freezer.#server.listen(0, '127.0.0.1', resolve));
    return freezer;
  }

  get contactPoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many the test's client has open. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #add(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('data', (bytes) => other.write(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
    if (this.#frozen) socket.pause();
  }
}
