import type { Conversation } from '../../conversation.js';
import type { ConnectionState } from '../../connection.js';
import type { Message } from '../../entries.js';
import type { Outgoing } from '../../outgoing.js';
import { bad, dim, name, type Row } from '../text/row.js';
import { cut } from '../text/width.js';
import type { View } from './view.js';

/** On a terminal what goes on elsewhere takes one line; in a pipe nothing is cut off. */
const short = (text: string, taken: number, { width }: View) =>
  width === Infinity ? text : cut(text, Math.max(8, width - taken));

/** A message of another conversation than the one that is open. */
export function elsewhereRow(conversation: Pick<Conversation, 'kind' | 'title'>, message: Message, view: View): Row {
  const where = conversation.kind === 'group' ? ` in #${conversation.title}` : '';
  return [
    dim('['),
    name(message.from),
    dim(`${where}: ${short(message.content, message.from.length + where.length + 4, view)}]`),
  ];
}

/** One's own message to another conversation than the one that is open has been sent. */
export function sentRow(outgoing: Pick<Outgoing, 'content'>, to: string, view: View): Row {
  return [dim(`[to ${to}: ${short(outgoing.content, to.length + 9, view)} ✓]`)];
}

/** One's own message was refused for good. */
export function refusedRow({ content, error }: Pick<Outgoing, 'content' | 'error'>, to: string, view: View): Row {
  return [bad(`! not sent to ${to}: `), short(content, to.length + 16, view), bad(` — ${error?.message ?? 'refused'}`)];
}

/** What is worth saying when the connection goes from one state to another: not every try. */
export function connectionRow(before: ConnectionState['name'], now: ConnectionState): Row | null {
  if (now.name === 'closed') return now.cause === 'user' ? null : [bad(`! signed out: ${now.cause.replace('_', ' ')}`)];
  if (before === 'live' && now.name !== 'live') return [dim('· the connection is lost; trying again')];
  return before !== 'live' && now.name === 'live' ? [dim('· connected')] : null;
}
