import type { Appended, Entry, Send } from '../../ports/log.js';
import { sentOf } from '../../sql/appended.js';
import { contentHash } from '../../sql/content-hash.js';
import { Call, type Outcome, type PlacedOutcome } from './call.js';

/** A message on its way. */
export class SendCall extends Call<Appended> {
  readonly send: Send;
  /** By this two sends are one; null: this one has no client id. */
  readonly twinKey: string | null;
  /** The one of the same batch that this repeats: only that one goes to the database (R3). */
  twinOf: SendCall | null = null;

  constructor(send: Send, acceptedAt: number) {
    super(send.conversationId, { chars: send.content.length, entryCount: 1 }, acceptedAt);
    this.send = send;
    this.twinKey = send.clientId === null ? null : `${send.conversationId} ${send.senderId} ${send.clientId}`;
  }

  row(i: number): object {
    const { conversationId, senderId, messageId, content, clientId } = this.send;
    return {
      i,
      n: this.n,
      c: conversationId,
      s: senderId,
      m: messageId,
      t: content,
      k: clientId,
      h: clientId === null ? 0 : contentHash(content),
    };
  }

  entriesOf(outcome: Outcome): Entry[] {
    return Array.isArray(outcome) && outcome[0] === 'appended' ? this.resultOf(outcome).entries : [];
  }

  protected resultOf(outcome: readonly unknown[] | null): Appended {
    const [verdict, seq, ordinal, createdAt, membersVersion, messageId] = outcome as PlacedOutcome;
    return sentOf(this.send, [seq, ordinal, createdAt, membersVersion], verdict === 'repeated' ? (messageId ?? null) : null);
  }
}
