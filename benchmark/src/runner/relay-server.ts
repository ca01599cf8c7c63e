import { join } from 'node:path';
import { Child } from './child.js';
import type { Server } from '../generator/plan.js';

const MAIN = join(import.meta.dirname, '../peers/ws-relay.js');

/** The bare relay, as a process of its own. */
export class RelayServer {
  readonly pid: number;
  readonly httpUrl = null;
  readonly chat: Server;
  readonly #child: Child;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.pid = child.pid;
    this.chat = { host: '127.0.0.1', port, path: '/' };
  }

  static async start(): Promise<RelayServer> {
    const child = new Child(process.execPath, [MAIN], {});
    const port = await child.line((line) => (line.startsWith('port ') ? Number(line.slice('port '.length)) : null));
    return new RelayServer(child, port);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
