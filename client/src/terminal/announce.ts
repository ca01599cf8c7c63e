import type { Conversation } from '../conversation.js';
import type { ConnectionState } from '../connection.js';
import type { Message } from '../entries.js';
import type { Outgoing } from '../outgoing.js';
import type { Talk } from './talk.js';
import { bad, dim } from './text/row.js';
import { nameOf } from './views/conversation-list.js';
import { connectionRow, elsewhereRow, refusedRow, sentRow } from './views/news.js';
import { MARKS } from './views/timeline.js';

/** Tells the person what the client tells, for as long as the client lives. */
export function announce(talk: Talk): void {
  const { client } = talk.me;
  const marks = talk.screen.isTerminal ? null : new MarksInPipe(talk);
  client.on('message', ({ conversation, message }) => announceMessage(talk, conversation, message));
  client.on('conversation', (conversation) => {
    talk.room.changed(conversation);
    marks?.changed(conversation);
  });
  client.on('removed', (conversation) => announceRemoval(talk, conversation));
  client.on(
    'outgoing',
    once((outgoing) => announceOutgoing(talk, outgoing)),
  );
  client.on('error', (error) => talk.print([bad('! '), error.message]));
  client.on('info', ({ message }) => talk.print(dim(`· ${message}`)));
  client.on('state', followConnection(talk));
  client.subscribe(() => talk.refresh());
}

/** What is open shows its messages itself. */
function announceMessage(talk: Talk, conversation: Conversation, message: Message): void {
  if (talk.room.has(conversation) || message.from === talk.me.username) return;
  talk.print(elsewhereRow(conversation, message, talk.view));
}

function announceRemoval(talk: Talk, conversation: Conversation): void {
  talk.print(dim(`· you are no longer in ${nameOf(conversation)}`));
  if (talk.room.has(conversation)) talk.room.leave();
}

/** Tells the end of each message one time. */
function once(tell: (outgoing: Outgoing) => void): (outgoing: Outgoing) => void {
  const told = new WeakSet<Outgoing>();
  return (outgoing) => {
    if (told.has(outgoing) || (outgoing.status !== 'sent' && outgoing.status !== 'failed')) return;
    told.add(outgoing);
    tell(outgoing);
  };
}

function announceOutgoing(talk: Talk, outgoing: Outgoing): void {
  const { target, status } = outgoing;
  const { client } = talk.me;
  const conversation = target.kind === 'chat' ? client.chatWith(target.with) : client.conversation(target.groupId);
  const to = conversation === null ? (target.kind === 'chat' ? target.with : 'a group') : nameOf(conversation);
  if (status === 'failed') talk.failed(refusedRow(outgoing, to, talk.view));
  else if (status === 'sent' && to !== talk.room.title) talk.print(sentRow(outgoing, to, talk.view));
}

function followConnection(talk: Talk): (state: ConnectionState) => void {
  let before: ConnectionState['name'] = 'live';
  let isFirst = true;
  return (state) => {
    // The first time that it is live is said by whoever connects.
    const row = isFirst && state.name !== 'closed' ? null : connectionRow(before, state);
    if (row !== null) talk.print(row);
    before = state.name;
    if (state.name === 'live') isFirst = false;
    if (state.name !== 'closed' || state.cause === 'user') return;
    talk.failed(dim('· sign in again to go on'));
    void talk.me.state?.forget();
    talk.quit();
  };
}

/** In a terminal the prompt shows how far one's own last message has come; a pipe has none, so it gets lines. */
class MarksInPipe {
  readonly #talk: Talk;
  #said = '';

  constructor(talk: Talk) {
    this.#talk = talk;
  }

  changed(conversation: Conversation): void {
    const { mark } = this.#talk.room;
    const seq = conversation.lastMessage?.seq;
    if (!this.#talk.room.has(conversation) || mark === null || mark === 'sent' || seq === undefined) return;
    const line = `${seq} ${MARKS[mark]}`;
    if (line === this.#said) return;
    this.#said = line;
    this.#talk.print(dim(`· ${line}`));
  }
}
