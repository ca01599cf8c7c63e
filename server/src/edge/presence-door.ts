import { Refusal, type EventOf, type PresenceCommand } from '@parley/protocol';
import type { Presence } from '../chat/presence.js';
import type { Runtime } from '../ports/runtime.js';
import type { Answer } from './connection.js';
import type { Limits } from './limits.js';
import type { PresenceConnection, PresenceDoor } from './presence-connection.js';

/** Opens the door of presence: every connection is a sign of life of its user, and looks at friends. */
export function openPresenceDoor(
  presence: Presence,
  limits: Limits,
  runtime: Runtime,
  onError: (error: unknown) => void,
): PresenceDoor {
  async function run(connection: PresenceConnection, command: PresenceCommand): Promise<Answer> {
    switch (command.type) {
      case 'PRESENCE_WATCH':
        limits.history.spend(connection.userId);
        await presence.watch(connection, command);
        return success(command);
      case 'PRESENCE_SET':
        limits.joins.spend(connection.userId);
        await presence.set(connection, command);
        return success(command);
      case 'PING':
        return { type: 'PONG', time: runtime.now() };
      case 'DISCONNECT':
        if (command.from !== undefined && command.from.toLowerCase() !== connection.caller.username.toLowerCase()) {
          throw new Refusal('wrong_sender', undefined, { field: 'from' });
        }
        await connection.leave();
        return null;
    }
  }
  return {
    run,
    opened(connection) {
      presence.connected(connection.userId);
      presence.open(connection).catch(onError);
    },
    caughtUp(connection) {
      presence.showAgain(connection).catch(onError);
    },
    closed(connection) {
      presence.close(connection);
      presence.disconnected(connection.userId);
    },
  };
}

const success = (command: PresenceCommand): EventOf<'SUCCESS'> => ({ type: 'SUCCESS', command: command.type });
