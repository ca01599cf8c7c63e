import { Refusal } from '@parley/protocol';

import type { ContactStore, ConversationStore } from '../ports/conversations.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Delivery } from './delivery.js';
import type { Names } from './names.js';
import { recentlyUsed } from './recent.js';

const PAIRS_KEPT = 200_000;

/** What others want to know of people who come to know each other, or stop to. Presence does. */
export interface Acquaintance {
  befriended(userId: string, friendId: string): void;
  parted(userId: string, friendId: string): void;
  /** The user left a group, or was taken out, or it ended. */
  leftGroup(userId: string): void;
}

export interface ChatsParts {
  conversations: ConversationStore;
  contacts: ContactStore;
  names: Names;
  delivery: Delivery;
  runtime: Runtime;
  friends: Acquaintance;
}

/** Direct chats: who has one with whom, and who does not want to be written to. */
export class Chats {
  readonly #parts: ChatsParts;
  /** Two user ids → their chat. For ever, once there. */
  readonly #pairs = recentlyUsed<string>(PAIRS_KEPT);

  constructor(parts: ChatsParts) {
    this.#parts = parts;
  }

  /** Starts the chat with somebody, or gives the one that there is. */
  async start(caller: Caller, withUsername: string): Promise<{ chatId: string; with: string; created: boolean }> {
    const peerId = await this.#peer(caller, withUsername, 'with');
    const { chatId, created } = await this.#open(caller, peerId);
    return { chatId, with: this.#parts.names.of(peerId), created };
  }

  /** The chat that a message is for: by `to` (started at need), or by `chatId`; both must agree. */
  async forSending(caller: Caller, to: string, chatId: string | undefined): Promise<string> {
    const peerId = await this.#peer(caller, to, 'to');
    if (chatId === undefined) return (await this.#open(caller, peerId)).chatId;
    const known = await this.#find(caller.userId, peerId);
    if (known !== chatId) throw new Refusal('chat_mismatch', undefined, { field: 'chatId' });
    return known;
  }

  /** The chat that a history request is for, named by either or by both. */
  async forReading(caller: Caller, to: string | undefined, chatId: string | undefined): Promise<string> {
    if (to === undefined) {
      if (chatId === undefined) throw new Refusal('invalid_field', 'chatId: expected chatId or to', { field: 'chatId' });
      return chatId;
    }
    const known = await this.#find(caller.userId, await this.#peer(caller, to, 'to'));
    if (known === null) throw new Refusal('not_found', 'You have no chat with this user.', { field: 'to' });
    if (chatId !== undefined && chatId !== known) throw new Refusal('chat_mismatch', undefined, { field: 'chatId' });
    return known;
  }

  async friends(caller: Caller): Promise<{ username: string; chatId: string }[]> {
    const friends = await this.#parts.contacts.friends(caller.userId);
    return friends.map(({ username, conversationId }) => ({ username, chatId: conversationId }));
  }

  async blocks(caller: Caller): Promise<{ username: string; since: number }[]> {
    return this.#parts.contacts.blocks(caller.userId);
  }

  /** Neither hears from the other while it stands. Blocking again changes nothing. */
  async block(caller: Caller, username: string): Promise<void> {
    await this.#setBlock(caller, username, true);
  }

  async unblock(caller: Caller, username: string): Promise<void> {
    await this.#setBlock(caller, username, false);
  }

  async #setBlock(caller: Caller, username: string, blocked: boolean): Promise<void> {
    const { contacts, runtime, delivery, friends, names } = this.#parts;
    const peerId = await this.#peer(caller, username, 'username');
    const result = await contacts.setBlock(caller.userId, peerId, blocked, runtime.now());
    // Told also if nothing changed now: it may have before, in a call whose answer was lost.
    if (result.blocked) friends.parted(caller.userId, peerId);
    if (result.conversationId === null) return;
    const chatId = result.conversationId;
    delivery.forgetMembers(chatId);
    delivery.toUsers([caller.userId], { type: 'BLOCK_CHANGED', chatId, with: names.of(peerId), blocked: result.blocked });
    delivery.toUsers([peerId], { type: 'BLOCK_CHANGED', chatId, with: caller.username, blocked: result.blocked });
    if (!result.blocked) friends.befriended(caller.userId, peerId);
  }

  async #peer(caller: Caller, username: string, field: string): Promise<string> {
    const peerId = await this.#parts.names.idOf(username);
    if (peerId === null) throw new Refusal('not_found', `There is no user ${username}.`, { field });
    if (peerId === caller.userId) throw new Refusal('invalid_field', `${field}: expected somebody else`, { field });
    return peerId;
  }

  async #find(a: string, b: string): Promise<string | null> {
    const cached = this.#pairs.get(pairKey(a, b));
    if (cached !== undefined) return cached;
    const found = await this.#parts.conversations.direct(a, b);
    if (found !== null) this.#pairs.set(pairKey(a, b), found);
    return found;
  }

  async #open(caller: Caller, peerId: string): Promise<{ chatId: string; created: boolean }> {
    const found = await this.#find(caller.userId, peerId);
    if (found !== null) return { chatId: found, created: false };
    const { conversations, runtime, delivery, friends, names } = this.#parts;
    const at = runtime.now();
    const opened = await conversations.openDirect(caller.userId, peerId, runtime.id(), at);
    if (opened === null) throw new Refusal('blocked');
    this.#pairs.set(pairKey(caller.userId, peerId), opened.id);
    if (opened.created) {
      delivery.toUsers([caller.userId], { type: 'CHAT_STARTED', chatId: opened.id, with: names.of(peerId), createdAt: at });
      delivery.toUsers([peerId], { type: 'CHAT_STARTED', chatId: opened.id, with: caller.username, createdAt: at });
      friends.befriended(caller.userId, peerId);
    }
    return { chatId: opened.id, created: opened.created };
  }
}

const pairKey = (a: string, b: string) => (a < b ? `${a}/${b}` : `${b}/${a}`);
