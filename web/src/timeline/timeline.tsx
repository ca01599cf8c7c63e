import type { Conversation } from '@parley/client';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { VListHandle } from 'virtua';
import { VirtualList } from '../ui/virtual-list.js';
import { useText } from '../text/text.js';
import { dayName } from '../text/times.js';
import { Icon } from '../ui/icon.js';
import { useClient, useSession, useVersion } from '../use.js';
import { EventLine } from './event-line.js';
import { MessageRow, PendingRow } from './message-row.js';
import { Rows, type Row } from './rows.js';
import { sizes } from './sizes.js';

/** Closer to the end than this counts as at the end. */
const NEAR_PX = 80;
/** So far from what is not here it is fetched: it comes before one gets there. */
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
  const [drawn] = useState(() => new Rows());
  const { items } = timeline;
  const hasOlder = !timeline.reachesStart;
  const rows = useMemo(() => drawn.of({ items, hasOlder, me, unreadAfter }), [drawn, items, hasOlder, me, unreadAfter]);
  const [cache] = useState(() => sizes.of(conversation.id, rows));
  useKeptSizes(conversation.id, rows, list);
  const anchor = useRef<string | null>(null);
  const isAboveGrown = useIsAboveGrown(rows, anchor);
  const fetchNear = useFetchNear(conversation, rows, list);
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

  const look = useCallback(() => {
    const handle = list.current;
    if (handle === null) return;
    const { scrollSize, viewportSize, scrollOffset } = handle;
    setAtEnd(scrollSize - viewportSize - scrollOffset < NEAR_PX);
  }, []);

  const hasBegun = useRef(false);
  // Before what follows: where one begins to read is not the end.
  useLayoutEffect(() => {
    if (hasBegun.current && isAtEnd) toEnd();
    // Not when a cursor moved: whoever scrolls away just then would be taken back.
  }, [rows, isAtEnd, toEnd]);

  // Where one begins to read: at the message of the link, at the line, or at the end.
  const sought = seq ?? (unreadAfter === null ? null : unreadAfter + 1);
  const [isSought, setSought] = useState(sought !== null);
  const [revealed, setRevealed] = useState<number | null>(null);
  useEffect(() => {
    if (sought === null || (seq === null && hasBegun.current)) return;
    setSought(true);
    let isStale = false;
    void timeline.reveal(sought).then(
      () => isStale || setRevealed(sought),
      // Nobody can read it, or there is no connection.
      () => isStale || setSought(false),
    );
    return () => {
      isStale = true;
    };
  }, [timeline, seq]);
  const beginAt = (index: number, align: 'center' | 'start') => {
    hasBegun.current = true;
    setAtEnd(false);
    list.current?.scrollToIndex(index, { align });
    // Once the rows there have been measured: all there is may fit into the window, and then one has seen it.
    requestAnimationFrame(() => requestAnimationFrame(look));
  };
  useLayoutEffect(() => {
    if (revealed === null) return;
    setRevealed(null);
    setSought(false);
    // The line is looked for below.
    if (seq === null) return;
    const at = rows.findIndex((row) => seqOf(row) >= revealed);
    if (at >= 0) beginAt(at, 'center');
  }, [rows, revealed]);
  useLayoutEffect(() => {
    if (hasBegun.current || isSought || rows.length < 2) return;
    const line = rows.findIndex((row) => row.kind === 'unread');
    if (line >= 0) return beginAt(line, 'start');
    hasBegun.current = true;
    toEnd();
  }, [rows, isSought, toEnd]);

  // One's own message is always shown, wherever one was reading.
  const lastPending = conversation.pending.at(-1)?.clientMessageId ?? null;
  useEffect(() => {
    if (lastPending === null) return;
    setAtEnd(true);
    setUnreadAfter(null);
    toEnd();
  }, [lastPending]);

  useEffect(() => {
    if (isSeen && isAtEnd && isOpened && hasBegun.current && conversation.unread > 0) conversation.markRead();
  }, [conversation, isSeen, isAtEnd, isOpened, version]);

  const scrolled = (offset: number) => {
    const handle = list.current;
    if (handle === null || !hasBegun.current) return;
    const top = handle.findItemIndex(offset);
    anchor.current = firstOfLog(rows, top)?.key ?? null;
    look();
    fetchNear();
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
        {...(cache !== undefined && { cache })}
        shift={isAboveGrown}
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

/** Lines and days move when something comes in above them; these do not. */
const isOfLog = ({ kind }: Row) => kind === 'message' || kind === 'event' || kind === 'pending';

/** The first of them at an index or after it. */
function firstOfLog(rows: readonly Row[], from: number): Row | undefined {
  for (let at = from; at < rows.length; at++) {
    const row = rows[at];
    if (row !== undefined && isOfLog(row)) return row;
  }
  return undefined;
}

/** Of what has none, less than any. */
function seqOf(row: Row | undefined): number {
  if (row?.kind === 'message') return row.message.seq;
  return row?.kind === 'event' ? row.entry.seq : Number.NEGATIVE_INFINITY;
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

/** Whether rows came in above what is at the top of the window: the list then keeps its place from the end. */
function useIsAboveGrown(rows: readonly Row[], anchor: RefObject<string | null>): boolean {
  const known = useRef({ key: null as string | null, index: -1, length: 0 });
  const isGrown = useMemo(() => {
    const { key, index, length } = known.current;
    // Mostly it is where it was, and else not far below.
    return key !== null && rows.length > length && rows[index]?.key !== key && indexOf(rows, key, index) > index;
  }, [rows]);
  useLayoutEffect(() => {
    const key = anchor.current ?? firstOfLog(rows, 0)?.key ?? null;
    if (key === known.current.key && rows[known.current.index]?.key === key) known.current.length = rows.length;
    else known.current = { key, index: key === null ? -1 : indexOf(rows, key, known.current.index), length: rows.length };
  });
  return isGrown;
}

/** Where a row is, looked for from where it may be on in both directions. */
function indexOf(rows: readonly Row[], key: string, near: number): number {
  const start = Math.max(0, near);
  for (let off = 0; off <= rows.length; off++) {
    if (rows[start + off]?.key === key) return start + off;
    if (rows[start - off]?.key === key) return start - off;
  }
  return -1;
}

/** Fetches what is missing near the window, one page at a time: what is older, or a gap that one scrolls into. */
function useFetchNear({ timeline }: Conversation, rows: readonly Row[], list: RefObject<VListHandle | null>): () => void {
  const isFetching = useRef(false);
  const near = () => {
    const handle = list.current;
    if (handle === null || isFetching.current) return;
    const { scrollOffset, viewportSize } = handle;
    const top = handle.findItemIndex(scrollOffset);
    const end = handle.findItemIndex(scrollOffset + viewportSize + AHEAD_PX);
    for (let at = handle.findItemIndex(Math.max(0, scrollOffset - AHEAD_PX)); at <= end; at++) {
      const asked = missing(timeline, rows, at, top);
      if (asked === null) continue;
      isFetching.current = true;
      // Without a connection scrolling on tries again.
      void asked.catch(() => undefined).finally(() => (isFetching.current = false));
      return;
    }
  };
  // What came may not be enough.
  useEffect(near, [rows]);
  return near;
}

/** The page for a row that stands for what is not here; a gap below the top of the window is filled from its beginning. */
function missing(timeline: Conversation['timeline'], rows: readonly Row[], at: number, top: number): Promise<boolean> | null {
  const row = rows[at];
  if (row?.kind === 'older') {
    const first = timeline.items.find(({ kind }) => kind === 'message' || kind === 'event');
    return first !== undefined && 'seq' in first ? timeline.loadBefore(first.seq) : null;
  }
  if (row?.kind !== 'gap') return null;
  return at >= top ? timeline.loadAfter(row.gap.from - 1) : timeline.loadBefore(row.gap.to + 1);
}

/** Keeps what was measured for the next time that the conversation is opened. */
function useKeptSizes(conversationId: string, rows: readonly Row[], list: RefObject<VListHandle | null>): void {
  const last = useRef(rows);
  last.current = rows;
  useEffect(() => {
    const handle = list.current;
    return () => {
      if (handle !== null) sizes.keep(conversationId, last.current, handle.cache);
    };
  }, [conversationId, list]);
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
        region.textContent = text.said(client.nameOf(message.from), message.content);
      }),
    [client, conversation, text, me],
  );
}
