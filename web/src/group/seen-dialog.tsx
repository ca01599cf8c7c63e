import type { Conversation, Message } from '@parley/client';
import { useText } from '../text/text.js';
import { Dialog } from '../ui/dialog.js';
import { PersonLine } from '../ui/person.js';
import { useMembers, type Member } from './members.js';

/** Who has read a message of a group, who has received it, and who has not. */
export function SeenDialog({
  conversation,
  message,
  onClose,
}: {
  conversation: Conversation;
  message: Message;
  onClose: () => void;
}) {
  const words = useText();
  const { conversation: text } = words;
  const { members, hasMore, load } = useMembers(conversation);
  const others = members.filter(({ username }) => username !== message.from);
  const hasRead = ({ read }: Member) => read >= message.seq;
  const hasIt = ({ delivered }: Member) => delivered >= message.seq;
  const parts = [
    [text.seenRead, others.filter(hasRead)],
    [text.seenDelivered, others.filter((each) => hasIt(each) && !hasRead(each))],
    [text.seenNot, others.filter((each) => !hasIt(each) && !hasRead(each))],
  ] as const;
  return (
    <Dialog title={text.seen} onClose={onClose}>
      {parts.map(
        ([title, people]) =>
          people.length > 0 && (
            <section key={title} aria-label={title}>
              <h3>{title}</h3>
              <ul class="people">
                {people.map((person) => (
                  <li key={person.username} class="row">
                    <PersonLine person={person} />
                  </li>
                ))}
              </ul>
            </section>
          ),
      )}
      {hasMore && (
        <button type="button" onClick={() => void load(members.at(-1)?.username)}>
          {words.ui.more}
        </button>
      )}
    </Dialog>
  );
}
