import { decodeChatCommand, type ChatCommand, type Decoded, type Refusal } from '@parley/protocol';
import { Connection, type Answer } from './connection.js';
import type { SendOrder } from './send-order.js';

/** What a chat connection leads to. */
export interface ChatDoor {
  run(connection: ChatConnection, command: ChatCommand): Promise<Answer>;
  refused(connection: ChatConnection, command: ChatCommand, refusal: Refusal): void;
  opened(connection: ChatConnection): void;
  closed(connection: ChatConnection): void;
}

/** A connection to the chat socket. */
export class ChatConnection extends Connection<ChatCommand> {
  /** It moves its own cursors (it asked for INIT_DATA, or sent ACK or READ): history replies do not move them for it. */
  movesCursors = false;
  /** It has had its INIT_DATA, or asked for it. */
  initialised = false;
  /** Resolves once other servers know that this connection is here: before it, no state is read (R8). */
  registered: Promise<void> | null = null;
  /** How many messages it has sent. */
  messages = 0;
  /** Made when a message of this connection is first refused for now. */
  order: SendOrder | null = null;
  readonly #door: ChatDoor;

  constructor(door: ChatDoor, ...base: ConstructorParameters<typeof Connection<ChatCommand>>) {
    super(...base);
    this.#door = door;
  }

  protected override decode(frame: string): Decoded<ChatCommand> {
    return decodeChatCommand(frame);
  }
  protected override run(command: ChatCommand): Promise<Answer> {
    return this.#door.run(this, command);
  }
  /** Messages keep their order (R4); of all else the answers say what became of it. */
  protected override mayBePassed({ type }: ChatCommand): boolean {
    return type !== 'ONE_TO_ONE_CHAT' && type !== 'GROUP_CHAT';
  }
  protected override refused(command: ChatCommand, refusal: Refusal): void {
    this.#door.refused(this, command, refusal);
  }
  protected override left(): void {
    this.#door.closed(this);
  }
}
