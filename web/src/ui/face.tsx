import { COLOURS, type Colour } from '@parley/client';
import type { Status } from '@parley/protocol';
import { useText } from '../text/text.js';
import { usePerson } from '../use.js';

/** A Latin letter with nothing on top of it. */
const PLAIN_LETTER = /^[!-\u02ff](?!\p{M}|\u200d)/u;
/** To make one takes longer than all the rest of the first page, so it is made when a name needs it. */
let segmenter: Intl.Segmenter | null = null;

interface FaceProps {
  name: string;
  colour: Colour;
  status?: Status | null;
  isGroup?: boolean;
}

/** The first letter of a name on a colour, and whether they are there. */
export function Face({ name, colour, status = null, isGroup = false }: FaceProps) {
  const { presence: text } = useText();
  return (
    <span class="face" data-colour={colour} data-group={isGroup}>
      <span aria-hidden="true">{letterOf(name).toLocaleUpperCase()}</span>
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

/** What a reader takes for the first letter, whatever it is made of. */
function letterOf(name: string): string {
  const plain = PLAIN_LETTER.exec(name)?.[0];
  if (plain !== undefined) return plain;
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(name)[Symbol.iterator]().next().value?.segment ?? '?';
}
