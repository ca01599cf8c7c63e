import type { Conversation, Message, MessageStatus, OutgoingStatus, PendingMessage } from '@parley/client';
import { memo } from 'preact/compat';
import { useState } from 'preact/hooks';
import { editing } from '../composer/editing.js';
import { wordsFor } from '../errors.js';
import { SeenDialog } from '../group/seen-dialog.js';
import { pathOf } from '../router.js';
import { routeTo } from '../list/matching.js';
import { useText } from '../text/text.js';
import { timeOf } from '../text/times.js';
import { PersonFace } from '../ui/face.js';
import { ask } from '../ui/ask.js';
import { Menu } from '../ui/menu.js';
import { copy } from '../ui/notice.js';
import { Time } from '../ui/time.js';
import { usePerson, useSession } from '../use.js';
import { Formatted } from './formatted.js';

interface MessageRowProps {
  message: Message;
  isFirst: boolean;
  isTarget: boolean;
  conversation: Conversation;
  /** Of one's own message. */
  status: MessageStatus;
}

export const MessageRow = memo(function MessageRow({ message, isFirst, isTarget, conversation, status }: MessageRowProps) {
  const { conversation: text } = useText();
  const { username: me } = useSession();
  const isMine = message.from === me;
  const author = usePerson(message.from)?.displayName ?? message.from;
  const { createdAt, editedAt, deletedAt, content } = message;
  return (
    <article class="message" data-mine={isMine} data-first={isFirst} data-target={isTarget} aria-label={author}>
      {isFirst && !isMine && <PersonFace username={message.from} />}
      {isFirst && !isMine && conversation.kind === 'group' && (
        <span class="author" title={message.from}>
          {author}
        </span>
      )}
      <div class="bubble">
        {deletedAt === null ? <Formatted content={content} /> : <p class="quiet">{text.deleted}</p>}
        <footer>
          {editedAt !== null && deletedAt === null && <span>{text.edited}</span>}
          <Time at={createdAt}>{timeOf(createdAt)}</Time>
          {isMine && deletedAt === null && <Tick status={status} />}
        </footer>
      </div>
      {deletedAt === null && <Actions message={message} conversation={conversation} isMine={isMine} />}
    </article>
  );
});

function Actions({ message, conversation, isMine }: { message: Message; conversation: Conversation; isMine: boolean }) {
  const words = useText();
  const { conversation: text } = words;
  const [problem, setProblem] = useState<string | null>(null);
  const mayDelete = isMine || conversation.role === 'owner' || conversation.role === 'admin';
  const link = () => {
    const route = routeTo(conversation);
    return location.origin + pathOf('seq' in route ? { ...route, seq: message.seq } : route);
  };
  const remove = async () => {
    if (!(await ask(text.deleteAsk, text.delete))) return;
    await conversation.delete(message).catch((error: unknown) => setProblem(wordsFor(error, words)));
  };
  const [isSeenShown, showSeen] = useState(false);
  return (
    <>
      <Menu
        label={text.actions}
        items={() => [
          ...(isMine ? [{ label: text.edit, run: () => editing.begin(conversation, message) }] : []),
          { label: text.copyText, run: () => void copy(message.content, text.copied) },
          { label: text.copyLink, run: () => void copy(link(), text.copied) },
          ...(conversation.kind === 'group' ? [{ label: text.seen, run: () => showSeen(true) }] : []),
          ...(mayDelete ? [{ label: text.delete, isGrave: true, run: () => void remove() }] : []),
        ]}
      />
      {isSeenShown && <SeenDialog conversation={conversation} message={message} onClose={() => showSeen(false)} />}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

/** Of a message that is on its way, or did not get there. */
export const PendingRow = memo(function PendingRow({
  pending,
  status,
  isFirst,
}: {
  pending: PendingMessage;
  status: OutgoingStatus;
  isFirst: boolean;
}) {
  const words = useText();
  const { conversation: text } = words;
  const { outgoing, error } = pending;
  const hasFailed = status === 'failed';
  return (
    <article class="message" data-mine="true" data-first={isFirst} data-status={status}>
      <div class="bubble">
        <Formatted content={pending.content} />
        <footer>
          <time>{timeOf(pending.queuedAt)}</time>
          {!hasFailed && <span>{status === 'queued' ? text.queued : text.sending}</span>}
        </footer>
      </div>
      {hasFailed && (
        <p class="problem" role="alert">
          {text.failed}
          {error !== null && `: ${wordsFor(error, words)}`}{' '}
          <button type="button" class="inline" onClick={() => void outgoing.retry()}>
            {text.retry}
          </button>{' '}
          <button type="button" class="inline" onClick={() => void outgoing.discard()}>
            {text.discard}
          </button>
        </p>
      )}
    </article>
  );
});

const TICKS: Record<MessageStatus, string> = {
  sent: 'M2 7l4 4 7-8',
  delivered: 'M1 7l4 4 7-8M8 11l7-8',
  read: 'M1 7l4 4 7-8M8 11l7-8',
};

function Tick({ status }: { status: MessageStatus }) {
  const { conversation: text } = useText();
  return (
    <svg class="tick" data-status={status} viewBox="0 0 16 14" width="16" height="14" role="img" aria-label={text[status]}>
      <path d={TICKS[status]} />
    </svg>
  );
}
