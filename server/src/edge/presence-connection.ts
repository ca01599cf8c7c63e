import { decodePresenceCommand, type Decoded, type PresenceCommand } from '@parley/protocol';
import type { Watcher } from '../chat/watchers.js';
import { Connection, type Answer } from './connection.js';

/** What a presence connection leads to. */
export interface PresenceDoor {
  run(connection: PresenceConnection, command: PresenceCommand): Promise<Answer>;
  opened(connection: PresenceConnection): void;
  closed(connection: PresenceConnection): void;
}

/** A connection to the presence socket. */
export class PresenceConnection extends Connection<PresenceCommand> implements Watcher {
  readonly watching = new Set<string>();
  away = false;
  readonly #door: PresenceDoor;

  constructor(door: PresenceDoor, ...base: ConstructorParameters<typeof Connection<PresenceCommand>>) {
    super(...base);
    this.#door = door;
  }

  protected override decode(frame: string): Decoded<PresenceCommand> {
    return decodePresenceCommand(frame);
  }
  protected override run(command: PresenceCommand): Promise<Answer> {
    return this.#door.run(this, command);
  }
  protected override mayBePassed(): boolean {
    return true;
  }
  protected override refused(): void {}
  protected override left(): void {
    this.#door.closed(this);
  }
}
