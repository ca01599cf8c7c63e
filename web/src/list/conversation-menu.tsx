import type { Conversation } from '@parley/client';
import type { RefObject } from 'preact';
import { wordsFor } from '../errors.js';
import { useText } from '../text/text.js';
import { Menu, type MenuItem } from '../ui/menu.js';
import { notices } from '../ui/notice.js';
import { useSession } from '../use.js';

/** To set something, to take it back, and what to say once that is done. */
interface Words {
  on: string;
  off: string;
  done: string;
  undone: string;
}

interface ConversationMenuProps {
  conversation: Conversation;
  of?: RefObject<HTMLElement | null> | undefined;
  /** What there is to do beside that. */
  more?: readonly MenuItem[];
}

/** How one wants to see a conversation, on all of one's devices. */
export function ConversationMenu({ conversation, of, more = [] }: ConversationMenuProps) {
  const words = useText();
  const { list: text } = words;
  const { api } = useSession();
  const { muted, pinned, archived } = conversation.settings;
  const peer = conversation.with;
  const change = async (run: () => Promise<unknown>, done: string) => {
    try {
      await run();
      notices.say(done);
    } catch (error) {
      notices.say(wordsFor(error, words));
    }
  };
  const toggle = (name: 'muted' | 'pinned' | 'archived', isSet: boolean, { on, off, done, undone }: Words) => ({
    label: isSet ? off : on,
    run: () => void change(() => conversation.setSettings({ [name]: !isSet }), isSet ? undone : done),
  });
  const blocking = (): MenuItem[] => {
    if (peer === null || conversation.blocked) return [];
    const done = words.settings.blocked(conversation.title);
    return [
      { label: words.settings.block(conversation.title), isGrave: true, run: () => void change(() => api.block(peer), done) },
    ];
  };
  const items = () => [
    toggle('pinned', pinned, text.pin),
    toggle('muted', muted, text.mute),
    toggle('archived', archived, text.archive),
    ...more,
    ...blocking(),
  ];
  return <Menu label={text.actions(conversation.title)} items={items} of={of} />;
}
