import type { ChatCommandInput, EventOf, PresenceCommandInput, ServerEvent } from '@parley/protocol';
import { errorOf, ParleyError } from './errors.js';
import type { Runtime, Timer } from './runtime.js';

type Command = ChatCommandInput | PresenceCommandInput;
type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;

/** What answers each command, when it is not SUCCESS. */
interface Replies {
  INIT_DATA: EventOf<'INIT_DATA'>;
  GET_ONE_TO_ONE_HISTORY: EventOf<'ONE_TO_ONE_CHAT_HISTORY'>;
  GET_GROUP_CHAT_HISTORY: EventOf<'GROUP_CHAT_HISTORY'>;
  GET_PEOPLE: EventOf<'PEOPLE'>;
  PING: EventOf<'PONG'>;
}
export type ReplyTo<Type extends Command['type']> = Type extends keyof Replies ? Replies[Type] : EventOf<'SUCCESS'>;

interface Waiting {
  resolve(event: ServerEvent): void;
  reject(error: ParleyError): void;
  deadline: Timer;
}

/** Requests that wait for their answers, by requestId. Each has a deadline; a lost connection ends them all. */
export class Requests {
  readonly #runtime: Runtime;
  readonly #send: (command: Command) => boolean;
  readonly #deadlineMs: number;
  readonly #waiting = new Map<string, Waiting>();
  #last = 0;

  constructor(parts: { runtime: Runtime; send: (command: Command) => boolean; deadlineMs: number }) {
    this.#runtime = parts.runtime;
    this.#send = parts.send;
    this.#deadlineMs = parts.deadlineMs;
  }

  /** Sends a command. Rejects with ParleyError: the server's refusal, `disconnected` or `timeout`. */
  ask<Type extends Command['type']>(command: CommandOf<Type>): Promise<ReplyTo<Type>> {
    const requestId = `r${++this.#last}`;
    return new Promise<ReplyTo<Type>>((resolve, reject) => {
      if (!this.#send({ ...command, requestId })) return reject(disconnected());
      const deadline = this.#runtime.after(this.#deadlineMs, () => {
        this.#waiting.delete(requestId);
        reject(new ParleyError('timeout', `no answer to ${command.type} within ${this.#deadlineMs} ms`));
      });
      this.#waiting.set(requestId, { resolve: (event) => resolve(event as ReplyTo<Type>), reject, deadline });
    });
  }

  /** True if the event answered a request. */
  answer(event: ServerEvent): boolean {
    const requestId = 'requestId' in event ? event.requestId : undefined;
    const waiting = requestId === undefined ? undefined : this.#waiting.get(requestId);
    if (requestId === undefined || waiting === undefined) return false;
    this.#waiting.delete(requestId);
    waiting.deadline.cancel();
    if (event.type === 'ERROR') waiting.reject(errorOf(event));
    else waiting.resolve(event);
    return true;
  }

  /** The connection is gone, and no answer will come. */
  lost(): void {
    for (const waiting of this.#waiting.values()) {
      waiting.deadline.cancel();
      waiting.reject(disconnected());
    }
    this.#waiting.clear();
  }
}

function disconnected(): ParleyError {
  return new ParleyError('disconnected', 'the connection is not there, or was lost before the answer');
}
