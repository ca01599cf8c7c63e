import type { Status } from '@parley/protocol';
import { useText } from '../text/text.js';

const HUES = 12;
/** To make one takes longer than all the rest of a face. */
const segmenter = new Intl.Segmenter();

/** The first letter of a name on a colour that the name always has, and whether they are there. */
export function Face({ name, status = null, isGroup = false }: { name: string; status?: Status | null; isGroup?: boolean }) {
  const { presence: text } = useText();
  const [letter = '?'] = segmenter.segment(name)[Symbol.iterator]().next().value?.segment ?? '?';
  return (
    <span class="face" data-hue={hueOf(name)} data-group={isGroup}>
      <span aria-hidden="true">{letter.toLocaleUpperCase()}</span>
      {status !== null && status !== 'offline' && <span class="dot" data-status={status} role="img" aria-label={text[status]} />}
    </span>
  );
}

function hueOf(name: string): number {
  let hash = 7;
  for (const unit of name.toLowerCase()) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) >>> 0;
  return hash % HUES;
}
