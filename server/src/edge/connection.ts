import { CLOSE_CODES, Refusal, type CloseReason, type Decoded, type ErrorCode, type ServerEvent } from '@parley/protocol';
import type { Caller } from '../chat/caller.js';
import type { Recipient } from '../chat/hub.js';
import { Accepted } from '../chat/messages.js';
import { refusalFrom } from '../chat/refused.js';
import { textFrame } from './frame.js';
import type { Bucket } from './rate-limit.js';
import { SendQueue, type Flusher } from './send-queue.js';
import type { Socket } from './socket.js';

/** Frames that wait for the command before them; more are left in the network. */
const PENDING_MAX_FRAMES = 64;
/** Malformed or excessive frames that a connection is forgiven; half of them are forgotten at each heartbeat. */
const STRIKES_MAX = 100;
/** Heartbeat ticks that a closing handshake may take. */
const CLOSING_MAX_TICKS = 5;
/** Heartbeat ticks that a command holds up those after it, well below what a client waits for its PONG. */
const LINE_MAX_TICKS = 5;

/** A command as a connection sees it: something that may be answered. */
export interface Answerable {
  type: string;
  requestId?: string | undefined;
  clientMessageId?: string | undefined;
}

/** What a command comes to: an event to answer with, a message in line, or nothing to say. */
export type Answer = ServerEvent | Accepted | null;

/** What connections share. */
export interface ConnectionWorld {
  flusher: Flusher;
  /** Told of every fault that is not a refusal: a bug of ours. */
  onFault(error: unknown, caller: Caller, command: string): void;
  onRefused(code: ErrorCode): void;
  onSlow(): void;
  onDropped(): void;
}

type Phase = 'open' | 'closing' | 'closed';

/**
 * One live socket of an authenticated session: bytes in, commands run in order, frames out, heartbeat, end.
 * Kept small: there are many.
 */
export abstract class Connection<C extends Answerable = Answerable> implements Recipient {
  readonly caller: Caller;
  readonly address: string;
  readonly expiresAt: number;
  readonly queue: SendQueue;
  readonly #socket: Socket;
  readonly #world: ConnectionWorld;
  readonly #frames: Bucket;
  #phase: Phase = 'open';
  #pending: string[] | null = null;
  /** The run that takes frames now; null: none. One that was passed over ends with its command. */
  #line: { mayBePassed: boolean; ticks: number } | null = null;
  #unanswered = 0;
  #strikes = 0;
  #quietTicks = 0;
  #ticks = 0;
  #isDraining = false;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, bearer: Caller & { expiresAt: number }, address: string, frames: Bucket, world: ConnectionWorld) {
    this.caller = { userId: bearer.userId, username: bearer.username, sessionId: bearer.sessionId };
    this.expiresAt = bearer.expiresAt;
    this.address = address;
    this.queue = new SendQueue(socket, world.flusher, () => this.#slow());
    this.#socket = socket;
    this.#world = world;
    this.#frames = frames;
  }

  protected abstract decode(frame: string): Decoded<C>;
  /** Runs one command; the next of this connection starts when it resolves. */
  protected abstract run(command: C): Promise<Answer>;
  /** False: the command has to be in its place before a later one is looked at, however long that takes. */
  protected abstract mayBePassed(command: C): boolean;
  /** A command was refused; before the client is told. */
  protected abstract refused(command: C, refusal: Refusal): void;
  /** The connection does not count any more. Called once. */
  protected abstract left(): void;

  get userId(): string {
    return this.caller.userId;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  send(frame: Uint8Array): void {
    if (this.#phase === 'open') this.queue.push(frame);
  }

  sendEphemeral(frame: Uint8Array): void {
    if (this.#phase === 'open' && !this.queue.pushEphemeral(frame)) this.#world.onDropped();
  }

  tell(event: ServerEvent): void {
    this.send(textFrame(event));
  }

  /** A text frame came in. `monotonicMs`: when. */
  receive(frame: string, monotonicMs: number): void {
    this.#quietTicks = 0;
    if (this.#phase !== 'open') return;
    if (this.#isDraining) return this.tell(errorEvent(new Refusal('draining'), {}));
    const taken = this.#frames.take(monotonicMs);
    if (!taken.ok)
      return this.#refuseFrame(new Refusal('rate_limited', undefined, { retryAfterMs: taken.retryAfterMs }), 'flooding');
    if (this.#line === null) return void this.#run(frame);
    this.#pending ??= [];
    if (this.#pending.push(frame) === PENDING_MAX_FRAMES) this.#socket.pause();
  }

  /** A frame of a kind that is not spoken here. */
  receiveBinary(): void {
    this.#refuseFrame(new Refusal('bad_json', 'expected a text frame'), 'protocol_abuse');
  }

  /** A sign of life other than a frame. */
  heard(): void {
    this.#quietTicks = 0;
  }

  /** One tick of the heartbeat, about a second: pings what is quiet, ends what stays so, or has outlived its token. */
  tick(now: number, pingAfterTicks: number, giveUpAfterTicks: number): void {
    this.#quietTicks++;
    if (this.#line !== null && ++this.#line.ticks > LINE_MAX_TICKS && this.#line.mayBePassed) this.#passOver();
    if (++this.#ticks % pingAfterTicks === 0) this.#strikes >>= 1;
    if (this.#phase === 'closing') {
      if (this.#quietTicks > CLOSING_MAX_TICKS) this.#socket.terminate();
    } else if (now >= this.expiresAt) {
      this.close('token_expired');
    } else if (this.#quietTicks >= giveUpAfterTicks) {
      this.close('heartbeat_missed');
    } else if (this.#quietTicks === pingAfterTicks) {
      this.#socket.ping();
    }
  }

  /** Ends the connection with one of the codes that tell the client what to do next. */
  close(reason: CloseReason): void {
    const { code, about } = CLOSE_CODES[reason];
    this.#end(code, about);
  }

  /** Ends the socket at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Answers what is under way, then closes with 1000. */
  async leave(): Promise<void> {
    await this.#answered();
    this.#end(1000, 'Goodbye.');
  }

  /** Finishes the command that runs and answers what was accepted, then closes as `draining`. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#until(() => this.#line !== null);
    await this.#answered();
    this.close('draining');
  }

  /** The socket is gone. */
  ended(): void {
    if (this.#phase === 'open') this.left();
    this.#phase = 'closed';
    this.#pending = null;
    this.#settled();
  }

  #answered(): Promise<void> {
    return this.#until(() => this.#unanswered > 0);
  }

  /** Resolves when `busy` no longer holds, or the socket is gone. */
  async #until(busy: () => boolean): Promise<void> {
    while (busy() && this.#phase !== 'closed') await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #settled(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Answers a frame that was not run, and counts it against the connection. */
  #refuseFrame(refusal: Refusal, strikeFor: 'flooding' | 'protocol_abuse', about: About = {}): void {
    this.#world.onRefused(refusal.code);
    this.tell(errorEvent(refusal, about));
    if (++this.#strikes > STRIKES_MAX) this.close(strikeFor);
  }

  /** Runs a frame's command to its answer, or to its acceptance if it has a place in line. */
  async #handle(frame: string, line: { mayBePassed: boolean }): Promise<void> {
    const decoded = this.decode(frame);
    if (!decoded.ok) return this.#refuseFrame(decoded.refusal, 'protocol_abuse', decoded);
    const { command } = decoded;
    line.mayBePassed = this.mayBePassed(command);
    try {
      const answer = await this.run(command);
      if (answer instanceof Accepted) this.#answerLater(command, answer);
      else if (answer !== null) this.#answer(command, answer);
    } catch (error) {
      this.#fail(command, error);
    }
  }

  #answerLater(command: C, accepted: Accepted): void {
    this.#unanswered++;
    accepted.committed
      .then(
        (sent) => this.#answer(command, { type: 'SUCCESS', command: command.type, ...sent }),
        (error: unknown) => this.#fail(command, error),
      )
      .finally(() => {
        if (--this.#unanswered === 0) this.#settled();
      });
  }

  #answer(command: Answerable, event: ServerEvent): void {
    this.tell(command.requestId === undefined ? event : Object.assign({ ...event }, { requestId: command.requestId }));
  }

  #fail(command: C, error: unknown): void {
    const known = refusalFrom(error);
    if (!(known instanceof Refusal)) this.#world.onFault(error, this.caller, command.type);
    const refusal = known instanceof Refusal ? known : new Refusal('internal');
    this.#world.onRefused(refusal.code);
    this.refused(command, refusal);
    this.tell(errorEvent(refusal, { ...command, command: command.type }));
  }

  async #run(frame: string): Promise<void> {
    const line = { mayBePassed: false, ticks: 0 };
    this.#line = line;
    for (let next: string | undefined = frame; next !== undefined; next = this.#pending?.shift()) {
      line.ticks = 0;
      if (this.#pending?.length === PENDING_MAX_FRAMES - 1) this.#socket.resume();
      await this.#handle(next, line);
      if (this.#line !== line) return this.#passedEnded();
    }
    this.#pending = null;
    this.#line = null;
    this.#settled();
  }

  /** A command that waits for a store to come back does not hold up the others: its answer comes when it comes. */
  #passOver(): void {
    this.#unanswered++;
    this.#line = null;
    const next = this.#pending?.shift();
    if (next === undefined) this.#settled();
    else void this.#run(next);
  }

  #passedEnded(): void {
    if (--this.#unanswered === 0) this.#settled();
  }

  #slow(): void {
    if (this.#phase !== 'open') return;
    this.#world.onSlow();
    this.close('slow_consumer');
  }

  #end(code: number, reason: string): void {
    if (this.#phase !== 'open') return;
    // What waits for a snapshot that is being read goes out without it.
    this.queue.release();
    this.#phase = 'closing';
    this.#quietTicks = 0;
    this.#pending = null;
    this.left();
    // A paused socket would not read the answer to the close.
    this.#socket.resume();
    this.#socket.close(code, reason);
  }
}

/** What of a request goes back with its refusal. */
interface About {
  requestId?: string | undefined;
  clientMessageId?: string | undefined;
  command?: string;
}

function errorEvent(refusal: Refusal, about: About): ServerEvent {
  const { code, message, field, retryable, retryAfterMs } = refusal;
  return {
    type: 'ERROR',
    ...(about.requestId !== undefined && { requestId: about.requestId }),
    ...(about.command !== undefined && { command: about.command }),
    ...(about.clientMessageId !== undefined && { clientMessageId: about.clientMessageId }),
    code,
    message,
    retryable,
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
