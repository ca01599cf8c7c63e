import type { ServerEvent } from '@parley/protocol';
import type { Socket, SocketFactory } from '../socket.js';

/** A command as it went over the wire. */
export type Sent = { type: string; requestId?: string; [field: string]: unknown };

/** One end of a socket, the other end of which is the test. */
export class ScriptedSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  refusedStatus: number | undefined;
  readonly sent: Sent[] = [];
  /** The code with which the client closed it, if it did. */
  closedWith: number | null = null;
  readonly #heard: (command: Sent) => void;

  constructor(
    readonly url: string,
    readonly protocols: string[],
    heard: (command: Sent) => void = () => undefined,
  ) {
    this.#heard = heard;
  }

  send(frame: string): void {
    const command = JSON.parse(frame) as Sent;
    this.sent.push(command);
    this.#heard(command);
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  /** The upgrade succeeded. */
  open(): void {
    this.onopen?.(undefined as never);
  }

  /** The server sends a frame. */
  say(event: ServerEvent | Sent): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** The connection ends. */
  end(code = 1006): void {
    this.onclose?.({ code, reason: '' });
  }

  refuse(status: number): void {
    this.refusedStatus = status;
    this.end();
  }

  /** The commands of a type, oldest first. */
  commands(type: string): Sent[] {
    return this.sent.filter((command) => command.type === type);
  }
}

/** Gives a factory and the sockets that it made, the newest last. */
export function scriptedSockets(): { factory: SocketFactory; sockets: ScriptedSocket[]; last: () => ScriptedSocket } {
  const sockets: ScriptedSocket[] = [];
  const factory: SocketFactory = (url, protocols) => {
    const socket = new ScriptedSocket(url, protocols);
    sockets.push(socket);
    return socket;
  };
  const last = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  };
  return { factory, sockets, last };
}
