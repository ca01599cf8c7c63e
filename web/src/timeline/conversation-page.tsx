import { pendingOf, type Conversation, type Outgoing } from '@parley/client';
import type { http } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { Composer } from '../composer/composer.js';
import { useTitle } from '../device/title.js';
import { GroupDetails } from '../group/group-details.js';
import { Joining } from '../group/joining.js';
import { ConversationMenu } from '../list/conversation-menu.js';
import type { Route } from '../router.js';
import { useText } from '../text/text.js';
import { agoOf } from '../text/times.js';
import { GroupFace, PersonFace } from '../ui/face.js';
import { Icon } from '../ui/icon.js';
import { Link } from '../ui/link.js';
import { useClient, useNames, useSession, useSnapshot, useVersion } from '../use.js';
import { PendingRow } from './message-row.js';
import { Timeline } from './timeline.js';

const MARKED_MEMBERS_MAX = 100;

type ConversationRoute = Extract<Route, { page: 'chat' | 'group' }>;

export function ConversationPage({ route }: { route: ConversationRoute }) {
  const client = useClient();
  const conversation = useSnapshot(() =>
    route.page === 'chat' ? client.chatWith(route.username) : client.conversation(route.groupId),
  );
  const isComplete = useSnapshot(({ username }) => username !== null);
  if (conversation !== null) return <Open conversation={conversation} seq={route.seq} />;
  if (!isComplete) return <div class="conversation" aria-busy="true" />;
  return route.page === 'chat' ? (
    <FirstWords key={route.username} username={route.username} />
  ) : (
    <Joining key={route.groupId} groupId={route.groupId} />
  );
}

/** Head and composer stay when another is opened: only what they say changes. */
function Open({ conversation, seq }: { conversation: Conversation; seq: number | null }) {
  useVersion(conversation);
  const text = useText();
  const { title, kind, blocked, closed, typing, with: peer } = conversation;
  const { api } = useSession();
  const nameOf = useNames();
  const [detailedId, setDetailed] = useState<string | null>(null);
  // What the marks of one's own messages stand for. In a very large group nobody waits for the last reader.
  useEffect(() => {
    if (kind !== 'group' || conversation.memberCount > MARKED_MEMBERS_MAX) return;
    api.members(conversation.id, { limit: MARKED_MEMBERS_MAX }).then(
      ({ members }) => conversation.takeCursors(members),
      () => undefined,
    );
  }, [api, conversation, kind, conversation.memberCount]);
  useTitle(title);
  return (
    <div class="conversation">
      <Head title={title} username={peer}>
        {kind === 'group' && (
          <button type="button" class="quiet" onClick={() => setDetailed(conversation.id)}>
            {text.conversation.members(conversation.memberCount)}
          </button>
        )}
        <ConversationMenu key={conversation.id} conversation={conversation} />
      </Head>
      <Timeline key={conversation.id} conversation={conversation} seq={seq} />
      <p class="typing quiet" aria-live="polite">
        {typing.length > 0 && text.conversation.typing(typing.map(nameOf))}
      </p>
      {blocked || closed ? (
        <p class="notice">{blocked ? text.conversation.blocked : text.conversation.closed}</p>
      ) : (
        <Composer target={conversation} name={title} />
      )}
      {detailedId === conversation.id && <GroupDetails conversation={conversation} onClose={() => setDetailed(null)} />}
    </div>
  );
}

/** Somebody to whom nothing has been written yet, or nothing that they got. */
function FirstWords({ username }: { username: string }) {
  const text = useText();
  const { api } = useSession();
  const client = useClient();
  // Undefined: not known yet; null: there is nobody of this name.
  const [person, setPerson] = useState<http.User | null | undefined>(undefined);
  const name = person?.displayName ?? person?.username ?? username;
  useSnapshot((snapshot) => snapshot);
  const pending = client.outgoing.filter(({ target, status }) => status !== 'sent' && isTo(target, username));
  useEffect(() => {
    api.user(username).then(setPerson, () => setPerson(null));
  }, [api, username]);
  useTitle(name);
  return (
    <div class="conversation">
      <Head title={name} username={person?.username ?? username} />
      <div class="timeline beginning">
        <p class="quiet">{person === null ? text.conversation.nobody(username) : text.conversation.start(name)}</p>
        {pending.map((outgoing, index) => (
          <PendingRow
            key={outgoing.clientMessageId}
            pending={pendingOf(outgoing)}
            status={outgoing.status}
            isFirst={index === 0}
          />
        ))}
      </div>
      {person !== null && <Composer target={username} name={name} />}
    </div>
  );
}

const isTo = (target: Outgoing['target'], username: string) =>
  target.kind === 'chat' && target.with.toLowerCase() === username.toLowerCase();

interface HeadProps {
  title: string;
  /** Of a direct chat. */
  username: string | null;
  children?: preact.ComponentChildren;
}

function Head({ title, username, children }: HeadProps) {
  const text = useText();
  const client = useClient();
  useEffect(() => {
    if (username !== null) client.presence.watch([username]);
  }, [client, username]);
  const presence = useSnapshot((snapshot) =>
    username === null ? null : (snapshot.presence.get(username.toLowerCase()) ?? null),
  );
  const about: string[] = username === null || username === title ? [] : [username];
  if (presence !== null && !presence.isStale) {
    const { status, lastSeen } = presence;
    const isGone = status === 'offline' && lastSeen !== null;
    about.push(isGone ? text.presence.lastSeen(agoOf(lastSeen)) : text.presence[status]);
  }
  return (
    <header>
      <Link to={{ page: 'home' }} class="icon back" aria-label={text.list.back}>
        <Icon name="back" />
      </Link>
      {username === null ? <GroupFace name={title} /> : <PersonFace username={username} status={presence?.status ?? null} />}
      <div class="who">
        <h1>{title}</h1>
        {about.length > 0 && <p class="quiet">{about.join(' · ')}</p>}
      </div>
      {children}
    </header>
  );
}
