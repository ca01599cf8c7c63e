import { useEffect } from 'preact/hooks';
import { listed, routeTo } from './list/matching.js';
import { router } from './router.js';
import { useText } from './text/text.js';
import { Dialog } from './ui/dialog.js';
import { useClient } from './use.js';

/** The keys that work everywhere but where they are typed. */
export function useShortcuts(showSheet: () => void): void {
  const client = useClient();
  useEffect(() => {
    const move = (step: 1 | -1, onlyUnread = false) => {
      const all = listed(client.snapshot().conversations)
        .map(({ conversation }) => conversation)
        .filter(({ unread }) => !onlyUnread || unread > 0);
      const route = router.current();
      const at = all.findIndex(
        (each) =>
          (route.page === 'chat' && each.with?.toLowerCase() === route.username.toLowerCase()) ||
          (route.page === 'group' && each.id === route.groupId),
      );
      const next = all[at < 0 ? 0 : (at + step + all.length) % all.length];
      if (next !== undefined) router.go(routeTo(next));
    };
    const keyed = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, [contenteditable]');
      const isOpen = document.querySelector('dialog[open]') !== null;
      if (isOpen || event.ctrlKey || event.metaKey) return;
      if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
        event.preventDefault();
        return move(event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
      }
      if (event.key === 'Escape' && !event.altKey) {
        if (isTyping) (event.target as HTMLElement).blur();
        else if (router.current().page !== 'home') router.go({ page: 'home' });
        return;
      }
      if (isTyping || event.altKey) return;
      if (event.key === '?') showSheet();
      else if (event.key === '/') document.getElementById('find')?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', keyed);
    return () => document.removeEventListener('keydown', keyed);
  }, [client, showSheet]);
}

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const { shortcuts: text } = useText();
  const keys: [string, string][] = [
    ['/', text.find],
    ['Alt ↓', text.next],
    ['Alt ↑', text.previous],
    ['Alt ⇧ ↓', text.unread],
    ['↑', text.editLast],
    ['⇧ ↵', text.newLine],
    [':', text.emoji],
    ['Esc', text.close],
    ['?', text.help],
  ];
  return (
    <Dialog title={text.title} onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
