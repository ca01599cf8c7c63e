import type { Conversation } from '@parley/client';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { VListHandle } from 'virtua';
import { VirtualList } from '../ui/virtual-list.js';
import { useText } from '../text/text.js';
import { dayName } from '../text/times.js';
import { Icon } from '../ui/icon.js';
import { useClient, useSession, useVersion } from '../use.js';
import { EventLine } from './event-line.js';
import { MessageRow, PendingRow } from './message-row.js';
import { rowsOf, type Row } from './rows.js';

/** Closer to the end than this counts as at the end. */
const NEAR_PX = 80;
/** So far from the top the page above is fetched: it is here before one gets there. */
const AHEAD_PX = 2_000;

/** All messages, of which only those in sight are in the page. It stays where one reads, and follows at the end. */
export function Timeline({ conversation, seq }: { conversation: Conversation; seq: number | null }) {
  const version = useVersion(conversation);
  const text = useText();
  const { username: me } = useSession();
  const { timeline } = conversation;
  const list = useRef<VListHandle>(null);
  const [unreadAfter, setUnreadAfter] = useState(() => (conversation.unread > 0 ? conversation.read : null));
  const [isAtEnd, setAtEnd] = useState(true);
  const [isOpened, setOpened] = useState(timeline.isOpen);
  const rows = useMemo(
    () => rowsOf({ items: timeline.items, hasOlder: timeline.hasOlder, me, unreadAfter }),
    [version, me, unreadAfter, isOpened],
  );
  const { older, isPrepending } = useOlder(conversation, rows);
  const isSeen = useIsSeen();
  useAnnounced(conversation);

  useEffect(() => {
    let isGone = false;
    timeline.open().then(
      () => isGone || setOpened(true),
      // Without a connection it opens by itself with the next one.
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [timeline]);

  const toEnd = useCallback(() => list.current?.scrollToIndex(rows.length - 1, { align: 'end' }), [rows.length]);

  // Where one begins to read: at the link's message, at the line, or at the end.
  const hasBegun = useRef(false);
  useLayoutEffect(() => {
    if (hasBegun.current || rows.length < 2) return;
    const target = rows.findIndex((row) =>
      seq === null ? row.kind === 'unread' : row.kind === 'message' && row.message.seq === seq,
    );
    if (seq !== null && target < 0 && timeline.hasOlder) return;
    hasBegun.current = true;
    if (target < 0) toEnd();
    else list.current?.scrollToIndex(target, { align: seq === null ? 'start' : 'center' });
  }, [rows, seq, timeline, toEnd]);

  // A link may point to what is far above.
  useEffect(() => {
    if (seq === null || hasBegun.current || !isOpened || !timeline.hasOlder) return;
    void older();
  }, [seq, isOpened, rows, timeline, older]);

  useLayoutEffect(() => {
    if (hasBegun.current && isAtEnd) toEnd();
  }, [version, isAtEnd, toEnd]);

  // One's own message is always shown, wherever one was reading.
  const lastPending = conversation.pending.at(-1)?.clientMessageId ?? null;
  useEffect(() => {
    if (lastPending === null) return;
    setAtEnd(true);
    setUnreadAfter(null);
    toEnd();
  }, [lastPending]);

  useEffect(() => {
    if (isSeen && isAtEnd && isOpened && conversation.unread > 0) conversation.markRead();
  }, [conversation, isSeen, isAtEnd, isOpened, version]);

  const scrolled = (offset: number) => {
    const handle = list.current;
    if (handle === null) return;
    setAtEnd(handle.scrollSize - handle.viewportSize - offset < NEAR_PX);
    if (offset < AHEAD_PX && hasBegun.current && timeline.hasOlder) void older();
  };

  return (
    <div class="timeline">
      <VirtualList
        handle={list}
        class="rows"
        role="log"
        aria-live="off"
        aria-label={text.conversation.log(conversation.title)}
        tabIndex={0}
        data={rows}
        shift={isPrepending}
        onScroll={scrolled}
      >
        {(row: Row) => <TimelineRow key={row.key} row={row} conversation={conversation} isTarget={isTarget(row, seq)} />}
      </VirtualList>
      {!isAtEnd && (
        <button type="button" class="jump" onClick={() => (setAtEnd(true), toEnd())}>
          {conversation.unread > 0 ? text.conversation.jumpCount(conversation.unread) : text.conversation.jump}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

const isTarget = (row: Row, seq: number | null) => seq !== null && row.kind === 'message' && row.message.seq === seq;

function TimelineRow({ row, conversation, isTarget }: { row: Row; conversation: Conversation; isTarget: boolean }) {
  const { conversation: text } = useText();
  switch (row.kind) {
    case 'start':
      return (
        <p class="mark beginning quiet">
          {conversation.kind === 'group' ? text.groupStart(conversation.title) : text.start(conversation.title)}
        </p>
      );
    case 'older':
      return <p class="mark quiet">{text.loadingOlder}</p>;
    case 'day':
      return <h2 class="mark day">{dayName(row.at)}</h2>;
    case 'unread':
      return (
        <p class="mark unread" role="separator">
          {text.newMessages}
        </p>
      );
    case 'gap':
      return <p class="mark quiet">{text.gap(row.gap.to - row.gap.from + 1)}</p>;
    case 'event':
      return <EventLine entry={row.entry} />;
    case 'message':
      return (
        <MessageRow
          message={row.message}
          isFirst={row.isFirst}
          isTarget={isTarget}
          conversation={conversation}
          status={conversation.statusOf(row.message)}
        />
      );
    case 'pending':
      return <PendingRow pending={row.pending} status={row.pending.status} isFirst={row.isFirst} />;
    default:
      return row satisfies never;
  }
}

/** Fetches the page above, one at a time, and tells the list that what comes is put in front. */
function useOlder({ timeline }: Conversation, rows: readonly Row[]) {
  const isFetching = useRef(false);
  const older = useCallback(async () => {
    if (isFetching.current) return;
    isFetching.current = true;
    try {
      await timeline.loadOlder();
    } catch {
      // Without a connection; scrolling on tries again.
    } finally {
      isFetching.current = false;
    }
  }, [timeline]);
  const first = useRef<{ key: string | undefined; length: number }>({ key: undefined, length: 0 });
  const key = rows.find((row) => row.kind === 'message' || row.kind === 'event')?.key;
  const isPrepending = first.current.key !== undefined && key !== first.current.key && rows.length > first.current.length;
  useLayoutEffect(() => {
    first.current = { key, length: rows.length };
  });
  return { older, isPrepending };
}

/** Whether somebody looks at the page. */
function useIsSeen(): boolean {
  const look = () => document.visibilityState === 'visible' && document.hasFocus();
  const [isSeen, setSeen] = useState(look);
  useEffect(() => {
    const looked = () => setSeen(look());
    addEventListener('focus', looked);
    addEventListener('blur', looked);
    document.addEventListener('visibilitychange', looked);
    return () => {
      removeEventListener('focus', looked);
      removeEventListener('blur', looked);
      document.removeEventListener('visibilitychange', looked);
    };
  }, []);
  return isSeen;
}

/** What comes while one is here is said to who listens to the page; scrolling through what was there is not. */
function useAnnounced(conversation: Conversation): void {
  const client = useClient();
  const { conversation: text } = useText();
  const { username: me } = useSession();
  useEffect(
    () =>
      client.on('message', ({ conversation: at, message, isLive }) => {
        const region = document.getElementById('announced');
        if (at !== conversation || !isLive || message.from === me || region === null) return;
        region.textContent = text.said(message.from, message.content);
      }),
    [client, conversation, text, me],
  );
}
