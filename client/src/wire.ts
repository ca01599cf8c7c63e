import type { ChatCommandInput } from '@parley/protocol';
import type { ReplyTo } from './requests.js';

/** The chat connection as everything above it sees it. */
export interface Wire {
  /** Connected and caught up with the inbox. */
  readonly isLive: boolean;
  /** Sends a command and gives its reply. Rejects with ParleyError. */
  ask<Type extends ChatCommandInput['type']>(command: Extract<ChatCommandInput, { type: Type }>): Promise<ReplyTo<Type>>;
  /** Sends without waiting. False: there is no open socket. */
  send(command: ChatCommandInput): boolean;
}
