import { COLOURS, type Colour } from '@parley/client';
import type { Status } from '@parley/protocol';
import { useText } from '../text/text.js';
import { usePerson } from '../use.js';

/** To make one takes longer than all the rest of a face. */
const segmenter = new Intl.Segmenter();

interface FaceProps {
  name: string;
  colour: Colour;
  status?: Status | null;
  isGroup?: boolean;
}

/** The first letter of a name on a colour, and whether they are there. */
export function Face({ name, colour, status = null, isGroup = false }: FaceProps) {
  const { presence: text } = useText();
  const [letter = '?'] = segmenter.segment(name)[Symbol.iterator]().next().value?.segment ?? '?';
  return (
    <span class="face" data-colour={colour} data-group={isGroup}>
      <span aria-hidden="true">{letter.toLocaleUpperCase()}</span>
      {status !== null && status !== 'offline' && <span class="dot" data-status={status} role="img" aria-label={text[status]} />}
    </span>
  );
}

/** Of somebody, as far as it is known how they want to be seen. */
export function PersonFace({ username, status = null }: { username: string; status?: Status | null }) {
  const person = usePerson(username);
  return <Face name={person?.displayName ?? username} colour={person?.colour ?? colourOf(username)} status={status} />;
}

export function GroupFace({ name }: { name: string }) {
  return <Face name={name} colour={colourOf(name)} isGroup />;
}

/** That of somebody who has chosen none: always the same for a name. */
export function colourOf(name: string): Colour {
  let hash = 7;
  for (const unit of name.toLowerCase()) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? COLOURS[0];
}
