import type { ConversationSnapshot, Message } from '@parley/client';
import { memo } from 'preact/compat';
import { useRef } from 'preact/hooks';
import { draftKey, drafts, useDraft } from '../composer/drafts.js';
import { useText } from '../text/text.js';
import type { Texts } from '../text/en.js';
import { shortTimeOf } from '../text/times.js';
import { GroupFace, PersonFace } from '../ui/face.js';
import { Icon } from '../ui/icon.js';
import { Link } from '../ui/link.js';
import { Time } from '../ui/time.js';
import { useNames, useSession, useSnapshot } from '../use.js';
import { ConversationMenu } from './conversation-menu.js';
import { routeTo } from './matching.js';

interface RowProps {
  item: ConversationSnapshot;
  isOpen: boolean;
  onPick: () => void;
}

export const ConversationRow = memo(function ConversationRow({ item, isOpen, onPick }: RowProps) {
  const text = useText();
  const { username } = useSession();
  const nameOf = useNames();
  const { conversation, summary, typing } = item;
  const { title, with: peer, lastAt, unread } = conversation;
  const { muted, pinned } = summary.settings;
  const line = useRef<HTMLDivElement>(null);
  const status = useSnapshot(({ presence }) => (peer === null ? null : (presence.get(peer.toLowerCase())?.status ?? null)));
  const draft = useDraft(draftKey(username, peer ?? conversation.id));
  const hasFailed = conversation.pending.some((outgoing) => outgoing.status === 'failed');
  return (
    <div class="line" ref={line}>
      <Link
        to={routeTo(conversation)}
        class="row"
        aria-current={isOpen ? 'page' : undefined}
        data-unread={unread > 0 && !muted}
        onPick={onPick}
      >
        {peer === null ? <GroupFace name={title} /> : <PersonFace username={peer} status={status} />}
        <span class="title" title={peer ?? undefined}>
          {title}
          {pinned && <Icon name="pinned" label={text.list.pinned} />}
          {muted && <Icon name="muted" label={text.list.muted} />}
        </span>
        <Time at={lastAt}>{shortTimeOf(lastAt)}</Time>
        <span class="preview">
          {typing.length > 0 ? (
            <em>{text.conversation.typing(typing.map(nameOf))}</em>
          ) : hasFailed ? (
            <em class="problem">{text.list.failed}</em>
          ) : draft !== '' && !isOpen ? (
            <>
              <em>{text.list.draft}</em> {drafts.firstLine(draft)}
            </>
          ) : (
            previewOf(summary, username, nameOf, text)
          )}
        </span>
        {unread > 0 && (
          <span class="count" data-muted={muted} aria-label={text.list.unread(unread)}>
            {unread > 999 ? '999+' : unread}
          </span>
        )}
      </Link>
      <ConversationMenu conversation={conversation} of={line} />
    </div>
  );
});

function previewOf(
  { lastMessage, kind }: ConversationSnapshot['summary'],
  me: string,
  nameOf: (username: string) => string,
  text: Texts,
): string {
  if (lastMessage === null) return text.list.noMessages;
  const said = contentOf(lastMessage, text);
  if (lastMessage.from === me) return text.list.you(said);
  return kind === 'group' ? text.list.from(nameOf(lastMessage.from), said) : said;
}

/** Of Markdown, what says nothing in a line: fences with their language, bold, code. */
const MARKS = /```\w*|\*\*|`/g;

/** Its beginning, in one line. */
function contentOf({ content, deletedAt }: Message, text: Texts): string {
  return deletedAt === null ? content.slice(0, 200).replace(MARKS, '').replace(/\s+/g, ' ') : text.list.deleted;
}
