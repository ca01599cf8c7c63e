import { useCallback, useState } from 'preact/hooks';
import { AdminLater } from './admin/later.js';
import { ConnectionLine } from './connection-line.js';
import { useAttention } from './device/attention.js';
import { useIdleness } from './device/idleness.js';
import { useTitle } from './device/title.js';
import { GroupDraftDialog } from './group/group-draft.js';
import { Joining } from './group/joining.js';
import { ConversationList } from './list/conversation-list.js';
import { Settings } from './settings/settings.js';
import { ShortcutSheet, useShortcuts } from './shortcuts.js';
import { useText } from './text/text.js';
import { ConversationPage } from './timeline/conversation-page.js';
import { Notice } from './ui/notice.js';
import { PeopleContext, useRoute, useSnapshot } from './use.js';

/** Conversations beside the one that is open; on a narrow screen one or the other. */
export function Home() {
  const text = useText();
  const route = useRoute();
  const [open, setOpen] = useState<'group' | 'shortcuts' | null>(null);
  useShortcuts(useCallback(() => setOpen('shortcuts'), []));
  useAttention();
  useIdleness();
  const close = () => setOpen(null);
  const draftGroup = useCallback(() => setOpen('group'), []);
  const people = useSnapshot((snapshot) => snapshot.people);
  return (
    <PeopleContext.Provider value={people}>
      <main class="home" data-page={route.page === 'home' ? 'list' : 'conversation'}>
        <a class="skip" href="#conversation">
          {text.app.skip}
        </a>
        <div id="announced" class="unseen" aria-live="polite" />
        <ConversationList onNewGroup={draftGroup} />
        <section id="conversation" tabIndex={-1} aria-label={text.list.open}>
          <ConnectionLine />
          {route.page === 'chat' || route.page === 'group' ? (
            <ConversationPage route={route} />
          ) : route.page === 'join' ? (
            <Joining key={route.groupId} groupId={route.groupId} />
          ) : route.page === 'settings' ? (
            <Settings />
          ) : route.page === 'admin' ? (
            <AdminLater part={route.part} />
          ) : (
            <NothingOpen />
          )}
        </section>
        <Notice />
        {open === 'group' && <GroupDraftDialog onClose={close} />}
        {open === 'shortcuts' && <ShortcutSheet onClose={close} />}
      </main>
    </PeopleContext.Provider>
  );
}

function NothingOpen() {
  const { conversation: text } = useText();
  useTitle(null);
  return (
    <div class="nothing-open">
      <p>{text.pick}</p>
      <p class="quiet">{text.pickHint}</p>
    </div>
  );
}
