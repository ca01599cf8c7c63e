import { Refusal, type ConversationSettings as Settings, type http } from '@parley/protocol';
import type { ConversationStore } from '../ports/conversations.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Delivery } from './delivery.js';

export interface ConversationSettingsParts {
  conversations: Pick<ConversationStore, 'open' | 'setSettings'>;
  delivery: Pick<Delivery, 'toUsers'>;
  runtime: Runtime;
}

/** How each member wants to see a conversation. It changes nothing for anybody else, and no message changes it. */
export class ConversationSettings {
  readonly #parts: ConversationSettingsParts;

  constructor(parts: ConversationSettingsParts) {
    this.#parts = parts;
  }

  /** Changes what is given, and tells the user's devices if anything is other than before. */
  async change(caller: Caller, conversationId: string, change: http.SettingsChange): Promise<Settings> {
    const { conversations, delivery, runtime } = this.#parts;
    const opened = await conversations.open(caller.userId, conversationId);
    if (opened === null) throw notMember();
    const before = opened.membership.settings;
    if (isSame(before, { ...before, ...change })) return before;
    const settings = await conversations.setSettings(caller.userId, conversationId, change, runtime.now());
    if (settings === null) throw notMember();
    const target = opened.conversation.kind === 'direct' ? { chatId: conversationId } : { groupId: conversationId };
    delivery.toUsers([caller.userId], { type: 'CONVERSATION_SETTINGS', ...target, settings });
    return settings;
  }
}

const isSame = (a: Settings, b: http.SettingsChange) => a.muted === b.muted && a.pinned === b.pinned && a.archived === b.archived;

const notMember = () => new Refusal('not_member', undefined, { field: 'conversationId' });
