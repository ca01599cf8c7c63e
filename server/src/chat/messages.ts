import { Refusal, type ChatCommandOf } from '@parley/protocol';
import type { Opened } from '../ports/conversations.js';
import type { Entry, LogStore, Send } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Chats } from './chats.js';
import type { Delivery } from './delivery.js';
import type { Door } from './door.js';
import type { Recipient } from './hub.js';
import { refusalFrom, untilFresh } from './refused.js';
import type { Rosters } from './rosters.js';

/** A message that has its place in line; `committed` says when it is on stable storage, and where. */
export class Accepted {
  readonly committed: Promise<Sent>;
  constructor(committed: Promise<Sent>) {
    this.committed = committed;
  }
}

/** Where an entry came to stand, for good. */
export interface Sent {
  chatId?: string;
  groupId?: string;
  messageId: string;
  seq: number;
  ordinal: number;
  createdAt: number;
  clientMessageId?: string;
}

export interface MessagesParts {
  log: LogStore;
  chats: Chats;
  rosters: Rosters;
  door: Door;
  delivery: Delivery;
  runtime: Runtime;
  meter: Meter;
}

/** Sending, editing and deleting: check, append, deliver. */
export class Messages {
  readonly #parts: MessagesParts;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  /** Resolves once the message is in line, so that a connection's messages keep their order without waiting for disks (R4). */
  async sendDirect(caller: Caller, command: ChatCommandOf<'ONE_TO_ONE_CHAT'>, origin?: Recipient): Promise<Accepted> {
    const chatId = await this.#parts.chats.forSending(caller, command.to, command.chatId);
    this.#parts.meter.count('messages_sent_direct');
    return this.#send(caller, { chatId }, chatId, command, origin);
  }

  /** Like `sendDirect`, to a group. Membership is checked in the commit. */
  async sendGroup(caller: Caller, command: ChatCommandOf<'GROUP_CHAT'>, origin?: Recipient): Promise<Accepted> {
    const room = this.#parts.rosters.cached(command.groupId) ?? (await this.#parts.rosters.get(command.groupId));
    if (room === null || room.kind !== 'group') throw new Refusal('not_member', undefined, { field: 'groupId' });
    this.#parts.meter.count('messages_sent_group');
    return this.#send(caller, { groupId: command.groupId }, command.groupId, command, origin);
  }

  /** Replaces the content of one's own message. */
  async edit(caller: Caller, command: ChatCommandOf<'EDIT_MESSAGE'>, origin?: Recipient): Promise<Sent> {
    return this.#revise(caller, command, command.content, origin);
  }

  /** Deletes one's own message, or as an admin of the group another's. */
  async delete(caller: Caller, command: ChatCommandOf<'DELETE_MESSAGE'>, origin?: Recipient): Promise<Sent> {
    return this.#revise(caller, command, null, origin);
  }

  #send(
    caller: Caller,
    where: { chatId?: string; groupId?: string },
    conversationId: string,
    command: { content: string; clientMessageId?: string | undefined },
    origin: Recipient | undefined,
  ): Accepted {
    const { runtime } = this.#parts;
    const send: Send = {
      kind: 'send',
      conversationId,
      senderId: caller.userId,
      messageId: runtime.id(),
      content: command.content,
      clientId: command.clientMessageId ?? null,
      at: runtime.now(),
    };
    return new Accepted(this.#commit(send, where, origin));
  }

  async #commit(send: Send, where: { chatId?: string; groupId?: string }, origin: Recipient | undefined): Promise<Sent> {
    const { log, delivery, meter, runtime } = this.#parts;
    const accepted = runtime.monotonic();
    try {
      const appended = await log.append(send);
      const delivering = delivery.deliver(appended, origin);
      if (delivering !== undefined) await delivering;
      if (appended.repeated) meter.count('messages_repeated');
      meter.time('accept_to_deliver_seconds', (runtime.monotonic() - accepted) / 1000);
      return sentOf(only(appended.entries), where);
    } catch (error) {
      meter.count('messages_refused');
      throw refusalFrom(error);
    }
  }

  async #revise(
    caller: Caller,
    command: { chatId?: string | undefined; groupId?: string | undefined; seq: number; messageId: string },
    content: string | null,
    origin: Recipient | undefined,
  ): Promise<Sent> {
    const { door, log, delivery, runtime } = this.#parts;
    const target = { seq: command.seq, messageId: command.messageId };
    const appended = await untilFresh(async () => {
      const opened = await door.open(caller, command);
      const entry = await log.entry(opened.conversation.id, command.seq);
      checkRevision(caller, opened, entry, command.messageId, content === null);
      return log.append({
        kind: 'change',
        conversationId: opened.conversation.id,
        actorId: caller.userId,
        membersVersion: opened.conversation.membersVersion,
        entries: [
          { messageId: runtime.id(), kind: content === null ? 'delete' : 'edit', content: content ?? '', detail: { target } },
        ],
        revise: { ...target, content },
        at: runtime.now(),
      });
    });
    await delivery.deliver(appended, origin);
    const { chatId, groupId } = command;
    return sentOf(only(appended.entries), { ...(chatId !== undefined && { chatId }), ...(groupId !== undefined && { groupId }) });
  }
}

function checkRevision(caller: Caller, opened: Opened, entry: Entry | null, messageId: string, deleting: boolean): void {
  const { conversation, membership } = opened;
  if (conversation.kind === 'direct' && conversation.blocked) throw new Refusal('blocked');
  if (conversation.kind === 'group' && conversation.closed) throw new Refusal('group_closed');
  const hidden =
    conversation.kind === 'group' && conversation.visibility === 'joined' && (entry?.seq ?? 0) < membership.joinedSeq;
  if (entry === null || hidden || entry.kind !== 'message' || entry.messageId !== messageId) {
    throw new Refusal('not_found', 'There is no such message.', { field: 'messageId' });
  }
  const moderates = deleting && conversation.kind === 'group' && membership.role !== 'member';
  if (entry.senderId !== caller.userId && !moderates) throw new Refusal('not_allowed');
  if (entry.deletedAt !== null) throw new Refusal('message_deleted');
}

function sentOf(entry: Entry, where: { chatId?: string; groupId?: string }): Sent {
  const { messageId, seq, ordinal, createdAt, clientId } = entry;
  return { ...where, messageId, seq, ordinal, createdAt, ...(clientId !== null && { clientMessageId: clientId }) };
}

function only(entries: Entry[]): Entry {
  const [entry] = entries;
  if (entry === undefined) throw new Error('an append came back without its entry');
  return entry;
}
