import { connect, type Socket } from 'node:net';
import type { Dialect, Incoming } from '../dialects/dialect.js';
import { FrameParser } from '../wire/frame-parser.js';
import { maskedFrame, maskedText, OPCODE } from '../wire/masked-frame.js';
import { upgradeAnswerEnd, upgradeRequest, type Upgrade } from '../wire/upgrade.js';

/** All sockets read into this one: it is taken apart before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

export interface ClientParts {
  upgrade: Upgrade;
  localAddress: string | undefined;
  dialect: Dialect;
  onFrame: (client: Client, incoming: Incoming) => void;
  /** The connection ended, or the server broke the protocol, unasked. */
  onBroken: (error: Error) => void;
}

/** One connection of a load, from upgrade to end. */
export class Client {
  readonly #parts: ClientParts;
  readonly #parser: FrameParser;
  #socket: Socket | null = null;
  #answer: Buffer | null = Buffer.alloc(0);
  #onReady: (() => void) | null = null;
  #onRefused: ((error: Error) => void) | null = null;
  #leaving = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#parser = new FrameParser((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end));
  }

  /** Resolves once the server has said what there is. */
  open(): Promise<void> {
    const { upgrade, localAddress } = this.#parts;
    return new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onRefused = reject;
      const socket = connect({
        host: upgrade.host,
        port: upgrade.port,
        ...(localAddress !== undefined && { localAddress }),
        noDelay: true,
        onread: { buffer: READ_BUFFER, callback: (length) => this.#read(length) },
      });
      socket.on('error', (error) => this.#broken(error));
      socket.on('close', () => this.#broken(new Error('the server closed the connection')));
      socket.write(upgradeRequest(upgrade));
      this.#socket = socket;
    });
  }

  write(frame: Buffer): void {
    this.#socket?.write(frame);
  }

  close(): void {
    this.#leaving = true;
    this.#socket?.destroy();
  }

  #read(length: number): boolean {
    try {
      if (this.#answer === null) this.#parser.push(READ_BUFFER, length);
      else this.#readAnswer(Buffer.concat([this.#answer, READ_BUFFER.subarray(0, length)]));
    } catch (error) {
      this.#broken(error instanceof Error ? error : new Error(String(error)));
      this.close();
    }
    return true;
  }

  #readAnswer(bytes: Buffer): void {
    const end = upgradeAnswerEnd(bytes);
    this.#answer = end === null ? bytes : null;
    if (end === null) return;
    const { greeting } = this.#parts.dialect;
    if (greeting === null) this.#ready();
    else this.write(maskedText(greeting));
    this.#parser.push(bytes.subarray(end), bytes.length - end);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.text) {
      // Latin1 is the quickest to make a string of, and what is looked for is ASCII.
      const incoming = this.#parts.dialect.read(bytes.toString('latin1', start, end));
      this.#parts.onFrame(this, incoming);
      if (incoming.kind === 'inbox') this.#ready();
    } else if (opcode === OPCODE.ping) {
      this.write(maskedFrame(OPCODE.pong, bytes.subarray(start, end)));
    } else if (opcode === OPCODE.close) {
      this.#broken(new Error(`the server closed with ${bytes.readUInt16BE(start)}`));
    }
  }

  #ready(): void {
    this.#onRefused = null;
    this.#onReady?.();
  }

  #broken(error: Error): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#onRefused !== null) this.#onRefused(error);
    else this.#parts.onBroken(error);
  }
}
