import type { Conversation } from '@parley/client';
import { useEffect } from 'preact/hooks';
import { routeTo } from '../list/matching.js';
import { router } from '../router.js';
import { useClient, useSession, useSnapshot } from '../use.js';
import { preferences } from './preferences.js';
import { title } from './title.js';

type Summary = Conversation['summary'];

const BODY_MAX_CHARS = 200;

/** How the device says that something came: the number in the title, and notifications if they were asked for. */
export function useAttention(): void {
  const client = useClient();
  const { username: me } = useSession();
  const unread = useSnapshot(({ conversations }) => conversations.reduce((sum, each) => sum + calls(each.summary), 0));
  useEffect(() => badge(unread), [unread]);
  useEffect(() => () => badge(0), []);
  useEffect(
    () =>
      client.on('message', ({ conversation, message, isLive }) => {
        if (!isLive || message.from === me || isQuiet(conversation.summary) || document.hasFocus() || !mayNotify()) return;
        const note = new Notification(conversation.title, {
          body: message.content.slice(0, BODY_MAX_CHARS),
          tag: conversation.id,
          icon: '/icon-192.png',
        });
        note.onclick = () => {
          focus();
          router.go(routeTo(conversation));
          note.close();
        };
      }),
    [client, me],
  );
}

export const canNotify = (): boolean => 'Notification' in window;
const mayNotify = () => canNotify() && preferences.current().notifications && Notification.permission === 'granted';

/** What is muted or archived calls nobody. */
const isQuiet = ({ settings }: Summary) => settings.muted || settings.archived;
const calls = (summary: Summary) => (isQuiet(summary) ? 0 : summary.unread);

/** The title says it to tabs, the badge to an installed app. */
function badge(unread: number): void {
  title.count(unread);
  if ('setAppBadge' in navigator) void navigator.setAppBadge(unread).catch(() => undefined);
}
