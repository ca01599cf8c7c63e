import type { ConversationSnapshot } from '@parley/client';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { VirtualList } from '../ui/virtual-list.js';
import { router } from '../router.js';
import { Found, usePeople } from './people.js';
import { useText } from '../text/text.js';
import { Icon } from '../ui/icon.js';
import { Link } from '../ui/link.js';
import { useRoute, useSession, useSnapshot } from '../use.js';
import { ConversationRow } from './conversation-row.js';
import { listed, matching, routeTo } from './matching.js';

const ROW_PX = 64;

/** All conversations, the one that moved last first; what one types finds those, and people to begin one with. */
export function ConversationList({ onNewGroup }: { onNewGroup: () => void }) {
  const { list: text } = useText();
  const { username, isAdmin, client } = useSession();
  const route = useRoute();
  const conversations = useSnapshot((snapshot) => snapshot.conversations);
  const isComplete = useSnapshot((snapshot) => snapshot.username !== null);
  const [filter, setFilter] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const [isArchive, setArchive] = useState(false);
  const active = useMemo(() => listed(conversations), [conversations]);
  const archived = useMemo(() => conversations.filter(({ summary }) => summary.settings.archived), [conversations]);
  const shown = useMemo(
    () => (filter === '' ? (isArchive ? archived : active) : matching(conversations, filter)),
    [conversations, active, archived, isArchive, filter],
  );
  const people = usePeople(filter);
  const strangers = people.filter((person) => person.username !== username && client.chatWith(person.username) === null);
  const openId = route.page === 'group' ? route.groupId : null;
  const openWith = route.page === 'chat' ? route.username.toLowerCase() : null;
  const isOpen = ({ conversation }: ConversationSnapshot) =>
    conversation.id === openId || (openWith !== null && conversation.with?.toLowerCase() === openWith);

  // The same one always, so that a row that has not changed is not drawn again.
  const picked = useCallback(() => setFilter(''), []);

  const enterFirst = (event: SubmitEvent) => {
    event.preventDefault();
    const [first] = shown;
    const [stranger] = strangers;
    if (filter === '') return;
    if (first !== undefined) router.go(routeTo(first.conversation));
    else if (stranger !== undefined) router.go({ page: 'chat', username: stranger.username, seq: null });
    else return;
    setFilter('');
  };

  return (
    <nav class="list" aria-label={text.title}>
      {route.page === 'home' && <h1 class="unseen">{text.title}</h1>}
      <header>
        <form role="search" onSubmit={enterFirst}>
          <input
            ref={input}
            id="find"
            type="search"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || filter === '') return;
              event.stopPropagation();
              setFilter('');
            }}
            placeholder={text.find}
            aria-label={text.filter}
            autoComplete="off"
            autoCapitalize="none"
            spellcheck={false}
          />
        </form>
        <button type="button" class="icon" onClick={onNewGroup} aria-label={text.newGroup} title={text.newGroup}>
          <Icon name="group" />
        </button>
        {isAdmin === true && (
          <Link to={{ page: 'admin', part: 'overview' }} class="icon" aria-label={text.admin} title={text.admin}>
            <Icon name="shield" />
          </Link>
        )}
        <Link to={{ page: 'settings' }} class="icon" aria-label={text.settings} title={text.settings}>
          <Icon name="settings" />
        </Link>
      </header>
      {filter === '' && isArchive && (
        <div class="archive-head">
          <button type="button" class="icon" aria-label={text.leaveArchive} onClick={() => setArchive(false)}>
            <Icon name="back" />
          </button>
          <h2>{text.archived}</h2>
        </div>
      )}
      {filter === '' && !isArchive && archived.length > 0 && (
        <button type="button" class="to-archive" aria-label={text.toArchive(archived.length)} onClick={() => setArchive(true)}>
          <Icon name="archive" />
          <span>{text.archived}</span>
          <span class="quiet">{archived.length.toLocaleString()}</span>
        </button>
      )}
      {shown.length > 0 && (
        <VirtualList
          class="rows"
          data={shown}
          itemSize={ROW_PX}
          // People that were found stand right under it.
          style={filter === '' ? {} : { flex: '0 1 auto', height: shown.length * ROW_PX }}
        >
          {(item: ConversationSnapshot) => (
            <ConversationRow key={item.conversation.id} item={item} isOpen={isOpen(item)} onPick={picked} />
          )}
        </VirtualList>
      )}
      {filter !== '' && <Found people={strangers} onPick={picked} />}
      {isArchive && shown.length === 0 && filter === '' && <p class="empty quiet">{text.archiveEmpty}</p>}
      {isComplete && !isArchive && shown.length === 0 && filter === '' && (
        <div class="empty">
          <p>{text.empty}</p>
          <p class="quiet">{text.emptyHint}</p>
          <p class="quiet">{text.emptyYou(username)}</p>
        </div>
      )}
      {filter !== '' && shown.length === 0 && strangers.length === 0 && <p class="empty quiet">{text.nothingFound(filter)}</p>}
    </nav>
  );
}
