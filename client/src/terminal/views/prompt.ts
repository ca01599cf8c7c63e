import type { MessageStatus } from '../../conversation.js';
import { harmless } from '../text/harmless.js';
import { cut, widthOf } from '../text/width.js';
import { MARKS } from './timeline.js';

/** What the prompt tells while one writes: it changes in place, so nothing of it fills the screen. */
export interface PromptFacts {
  isLive: boolean;
  /** Of the open conversation; null if there is none. */
  title: string | null;
  /** Who is writing there. */
  typing: readonly string[];
  /** How far one's own last message has come, if it is the newest there. */
  mark: MessageStatus | null;
  unreadElsewhere: number;
  width: number;
}

const TITLE_MIN_COLUMNS = 6;

/** The prompt, in at most half of the width, as long as that leaves something of the title. */
export function promptText({ isLive, title, typing, mark, unreadElsewhere, width }: PromptFacts): string {
  const before = isLive ? [] : ['offline'];
  const after = [stirring(typing, mark), unreadElsewhere > 0 ? `+${unreadElsewhere}` : ''].filter((part) => part !== '');
  const taken = widthOf([...before, ...after, '> '].join(' '));
  const room = Math.max(TITLE_MIN_COLUMNS, Math.floor(width / 2) - taken);
  const middle = title === null ? [] : [cut(harmless(title), room)];
  return `${[...before, ...middle, ...after].join(' ')}> `;
}

function stirring(typing: readonly string[], mark: MessageStatus | null): string {
  if (typing.length > 0) return '…writes';
  return mark === null ? '' : MARKS[mark];
}
