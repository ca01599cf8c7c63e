import type { GroupEntry } from '@parley/client';
import type { Texts } from '../text/en.js';
import { useText } from '../text/text.js';
import { wholeTimeOf } from '../text/times.js';
import { useNames } from '../use.js';

/** What happened to a group, in a line. */
export function EventLine({ entry }: { entry: GroupEntry }) {
  const { group: text } = useText();
  const nameOf = useNames();
  return (
    <p class="mark quiet" title={wholeTimeOf(entry.createdAt)}>
      {wordsOf(entry, nameOf, text)}
    </p>
  );
}

function wordsOf(
  { event, from: fromUsername, username, name, role }: GroupEntry,
  nameOf: (username: string) => string,
  { event: text, role: roles }: Texts['group'],
): string {
  const from = nameOf(fromUsername);
  const whom = nameOf(username ?? '');
  switch (event) {
    case 'created':
    case 'settings':
    case 'closed':
    case 'joined':
    case 'left':
      return text[event](from);
    case 'renamed':
      return text.renamed(from, name);
    case 'added':
    case 'removed':
      return text[event](from, whom);
    case 'role':
      return text.role(from, whom, roles[role ?? 'member']);
    default:
      return event satisfies never;
  }
}
