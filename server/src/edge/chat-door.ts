import { LIMITS, type ChatCommand, type ChatCommandOf, type Refusal } from '@parley/protocol';
import type { Hub } from '../chat/hub.js';
import type { Presence } from '../chat/presence.js';
import type { OfflineQueue } from '../ports/offline.js';
import type { Relay } from '../ports/relay.js';
import type { Runtime } from '../ports/runtime.js';
import type { ChatConnection, ChatDoor } from './chat-connection.js';
import { chatCommands, keepOrder, sendInbox, type ChatNouns } from './commands.js';
import type { Answer } from './connection.js';
import type { Limits } from './limits.js';

/** A client that asks for nothing gets its inbox after this. */
const UNASKED_INBOX_MS = 500;

export interface ChatDoorParts extends ChatNouns {
  hub: Hub;
  /** Null: this server is alone. */
  relay: Relay | null;
  presence: Presence;
  offline: OfflineQueue;
  limits: Limits;
  runtime: Runtime;
  onError: (error: unknown) => void;
}

/** Opens the door of the chat: registers the connection, then lets its commands in. */
export function openChatDoor(parts: ChatDoorParts): ChatDoor {
  const { hub, relay, presence, offline, inbox, runtime, limits, onError } = parts;
  const commands = chatCommands(parts, limits, runtime);

  /** One entry of the table. The type of a command picks the function made for it, which the compiler cannot see. */
  const run = (connection: ChatConnection, command: ChatCommand): Promise<Answer> =>
    (commands[command.type] as (connection: ChatConnection, command: ChatCommand) => Promise<Answer>)(connection, command);

  async function greet(connection: ChatConnection): Promise<void> {
    if (connection.initialised || !connection.isOpen) return;
    const unasked: ChatCommandOf<'INIT_DATA'> = { type: 'INIT_DATA', limit: LIMITS.inboxDefaultConversations };
    await sendInbox(connection, inbox, unasked);
  }

  return {
    run,
    refused: (connection: ChatConnection, command: ChatCommand, refusal: Refusal) =>
      keepOrder(connection, command, refusal, runtime),
    opened(connection) {
      // Registered before any state is read, so that nothing falls between the two (R8).
      if (hub.add(connection)) offline.rebuild(connection.userId, runtime.now()).catch(onError);
      connection.registered = relay?.here(connection.userId) ?? null;
      presence.connected(connection.userId);
      runtime.after(UNASKED_INBOX_MS, () => void greet(connection).catch(onError));
    },
    closed(connection) {
      if (hub.remove(connection)) relay?.gone(connection.userId);
      presence.disconnected(connection.userId);
    },
  };
}
