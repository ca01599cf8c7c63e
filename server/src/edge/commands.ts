import { Refusal, type ChatCommand, type ChatCommandOf, type EventOf } from '@parley/protocol';
import type { Chats } from '../chat/chats.js';
import type { Groups } from '../chat/groups.js';
import type { History } from '../chat/history.js';
import type { Inbox } from '../chat/inbox.js';
import type { Messages } from '../chat/messages.js';
import type { Profiles } from '../chat/profiles.js';
import type { Receipts } from '../chat/receipts.js';
import type { Typing } from '../chat/typing.js';
import type { Runtime } from '../ports/runtime.js';
import type { ChatConnection } from './chat-connection.js';
import type { Answer } from './connection.js';
import { textFrame } from './frame.js';
import type { Limits } from './limits.js';
import { SendOrder } from './send-order.js';

/** The nouns of the chat, as the sockets call them. */
export interface ChatNouns {
  chats: Chats;
  groups: Groups;
  messages: Messages;
  history: History;
  inbox: Inbox;
  profiles: Profiles;
  receipts: Receipts;
  typing: Typing;
}

type Commands = { [T in ChatCommand['type']]: (connection: ChatConnection, command: ChatCommandOf<T>) => Promise<Answer> };

/** Every command that a chat client may send, and the one call that answers it. Start reading here. */
export function chatCommands(nouns: ChatNouns, limits: Limits, runtime: Runtime): Commands {
  const { chats, groups, messages, history, inbox, profiles, receipts, typing } = nouns;
  return {
    INIT_DATA: async (connection, command) => {
      limits.history.spend(connection.userId);
      connection.movesCursors = true;
      await sendInbox(connection, inbox, command);
      return null;
    },
    ONE_TO_ONE_CHAT: async (connection, command) => {
      admit(connection, command);
      return messages.sendDirect(connection.caller, command, connection);
    },
    GROUP_CHAT: async (connection, command) => {
      admit(connection, command);
      return messages.sendGroup(connection.caller, command, connection);
    },
    GET_ONE_TO_ONE_HISTORY: async (connection, command) => {
      checkSender(connection, command.from);
      await roomForReply(connection);
      const chatId = await chats.forReading(connection.caller, command.to, command.chatId);
      const page = await history.ofChat(connection.caller, chatId, command);
      await moveCursorFor(connection, { chatId, upTo: page.coversTo });
      return { type: 'ONE_TO_ONE_CHAT_HISTORY', ...page };
    },
    GET_GROUP_CHAT_HISTORY: async (connection, command) => {
      checkSender(connection, command.from);
      await roomForReply(connection);
      const page = await history.ofGroup(connection.caller, command.groupId, command);
      await moveCursorFor(connection, { groupId: command.groupId, upTo: page.coversTo });
      return { type: 'GROUP_CHAT_HISTORY', ...page };
    },
    CREATE_GROUP: async (connection, command) => {
      limits.joins.spend(connection.userId);
      const group = await groups.create(connection.caller, command, connection);
      return success(command, { groupId: group.groupId, group });
    },
    JOIN_GROUP: async (connection, command) => {
      checkSender(connection, command.from);
      limits.joins.spend(connection.userId);
      const group = await groups.join(connection.caller, command.groupId, connection);
      return success(command, { groupId: group.groupId, group });
    },
    LEAVE_GROUP: async (connection, command) => {
      checkSender(connection, command.from);
      await groups.leave(connection.caller, command.groupId, connection);
      return success(command, { groupId: command.groupId });
    },
    ACK: async (connection, command) => {
      connection.movesCursors = true;
      await receipts.ack(connection.caller, command, connection);
      return ifAsked(command);
    },
    READ: async (connection, command) => {
      connection.movesCursors = true;
      await receipts.read(connection.caller, command, connection);
      return ifAsked(command);
    },
    TYPING: async (connection, command) => {
      if (!limits.typing.take(connection.userId).ok) return null;
      await typing.typing(connection.caller, command);
      return null;
    },
    EDIT_MESSAGE: async (connection, command) => {
      limits.messages.spend(connection.userId);
      return success(command, await messages.edit(connection.caller, command, connection));
    },
    DELETE_MESSAGE: async (connection, command) => {
      limits.messages.spend(connection.userId);
      return success(command, await messages.delete(connection.caller, command, connection));
    },
    GET_PEOPLE: async (connection, command) => {
      await roomForReply(connection);
      return { type: 'PEOPLE', people: await profiles.named(command.usernames) };
    },
    PING: async () => ({ type: 'PONG', time: runtime.now() }),
    DISCONNECT: async (connection, command) => {
      checkSender(connection, command.from);
      await connection.leave();
      return null;
    },
  };

  /** What is checked of a message before it gets in line: whose it is, that it overtakes none, that there are not too many. */
  function admit(connection: ChatConnection, command: ChatCommandOf<'ONE_TO_ONE_CHAT' | 'GROUP_CHAT'>): void {
    Object.assign(command, { n: ++connection.messages });
    checkSender(connection, command.from);
    connection.order?.check(command);
    limits.messages.spend(connection.userId);
  }

  async function roomForReply(connection: ChatConnection): Promise<void> {
    limits.history.spend(connection.userId);
    await connection.queue.room();
  }

  /** A client written from the description alone moves no cursors: what it fetched, it has read. */
  async function moveCursorFor(
    connection: ChatConnection,
    read: { chatId?: string; groupId?: string; upTo: number },
  ): Promise<void> {
    if (!connection.movesCursors) await receipts.read(connection.caller, read);
  }

  function ifAsked(command: ChatCommandOf<'ACK' | 'READ'>): Answer {
    return command.requestId === undefined ? null : success(command, {});
  }
}

/** Sends the inbox ahead of whatever happens while it is read: first the state, then the events on top of it (R8). */
export async function sendInbox(connection: ChatConnection, inbox: Inbox, asked: ChatCommandOf<'INIT_DATA'>): Promise<void> {
  connection.initialised = true;
  const { requestId } = asked;
  if (connection.registered !== null) await connection.registered;
  await connection.queue.room();
  connection.queue.hold();
  let frame: Uint8Array | undefined;
  try {
    const view = await inbox.read(connection.caller, asked);
    frame = textFrame({ type: 'INIT_DATA', ...(requestId !== undefined && { requestId }), ...view });
  } finally {
    connection.queue.release(frame);
  }
}

/** Remembers a message that was refused for now, so that later ones do not overtake it. */
export function keepOrder(connection: ChatConnection, command: ChatCommand, refusal: Refusal, runtime: Runtime): void {
  if (!refusal.retryable || (command.type !== 'ONE_TO_ONE_CHAT' && command.type !== 'GROUP_CHAT')) return;
  connection.order ??= new SendOrder(runtime);
  connection.order.refused(command);
}

function checkSender(connection: ChatConnection, from: string | undefined): void {
  if (from !== undefined && from.toLowerCase() !== connection.caller.username.toLowerCase()) {
    throw new Refusal('wrong_sender', undefined, { field: 'from' });
  }
}

const success = (command: ChatCommand, fields: Omit<EventOf<'SUCCESS'>, 'type' | 'command'>): Answer => ({
  type: 'SUCCESS',
  command: command.type,
  ...fields,
});
