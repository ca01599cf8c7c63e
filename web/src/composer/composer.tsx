import type { Conversation } from '@parley/client';
import { LIMITS } from '@parley/protocol/limits';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { useText } from '../text/text.js';
import { Icon } from '../ui/icon.js';
import { useClient, useSession } from '../use.js';
import { EmojiOffer, EmojiPicker, optionId, useEmojiOffer } from './emoji.js';
import { draftKey, drafts } from './drafts.js';
import { editing, useEdited } from './editing.js';

const encoder = new TextEncoder();
/** Without a mouse, Enter is on the screen: it makes a line, and a button sends. */
const isTouch = matchMedia('(hover: none) and (pointer: coarse)').matches;

/** Where one writes. `target`: the conversation, or the username of somebody with whom there is none yet; `name`: what it is called. */
export function Composer({ target, name }: { target: Conversation | string; name: string }) {
  const words = useText();
  const { composer: text } = words;
  const client = useClient();
  const { username } = useSession();
  const conversation = typeof target === 'string' ? null : target;
  const key = draftKey(username, typeof target === 'string' ? target : (target.with ?? target.id));
  const field = useRef<HTMLTextAreaElement>(null);
  const edited = useEdited(conversation);
  const [problem, setProblem] = useState<string | null>(null);
  const [excess, setExcess] = useState(0);

  // The field keeps its own text, and with it the browser's undo.
  useLayoutEffect(() => {
    put(field.current, edited === null ? drafts.of(key) : edited.content);
    // To focus what has the focus lays out the page all the same.
    if ((!isTouch || edited !== null) && document.activeElement !== field.current) field.current?.focus();
  }, [key, edited]);
  const changed = () => {
    const value = field.current?.value ?? '';
    setExcess(Math.max(0, encoder.encode(value).length - LIMITS.contentMaxBytes));
    setProblem(null);
    if (edited === null) drafts.keep(key, value);
    if (value !== '') conversation?.sayTyping();
  };

  const emoji = useEmojiOffer(field, changed);
  useEffect(
    () => () => {
      editing.end();
      setProblem(null);
      setExcess(0);
      emoji.close();
    },
    [conversation],
  );
  const typed = () => {
    changed();
    void emoji.typed();
  };

  const send = async () => {
    const content = (field.current?.value ?? '').trim();
    if (content === '' || excess > 0) return;
    try {
      if (edited === null) {
        if (typeof target === 'string') client.sendTo(target, content);
        else target.send(content);
        drafts.keep(key, '');
        put(field.current, '');
      } else {
        if (content !== edited.content) await conversation?.edit(edited, content);
        editing.end();
      }
    } catch (error) {
      setProblem(wordsFor(error, words));
    }
    field.current?.focus();
  };

  const keyed = (event: KeyboardEvent) => {
    // An input method that is composing takes Enter for itself.
    if (event.isComposing || emoji.keyed(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !isTouch) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && edited !== null) {
      event.stopPropagation();
      editing.end();
    } else if (event.key === 'ArrowUp' && field.current?.value === '' && conversation !== null) {
      const last = conversation.timeline.messages.findLast(({ from, deletedAt }) => from === username && deletedAt === null);
      if (last === undefined) return;
      event.preventDefault();
      editing.begin(conversation, last);
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {edited !== null && (
        <p class="editing">
          {text.editing}{' '}
          <button type="button" class="inline" onClick={() => editing.end()}>
            {text.cancel}
          </button>
        </p>
      )}
      {emoji.offer !== null && <EmojiOffer offer={emoji.offer} take={emoji.take} />}
      <EmojiPicker field={field} changed={changed} />
      <textarea
        ref={field}
        id="composer"
        rows={1}
        onInput={typed}
        onKeyDown={keyed}
        placeholder={text.placeholder(name)}
        aria-label={text.placeholder(name)}
        aria-invalid={excess > 0}
        onBlur={emoji.close}
        aria-autocomplete="list"
        aria-controls={emoji.offer === null ? undefined : 'emoji-offer'}
        aria-activedescendant={emoji.offer === null ? undefined : optionId(emoji.offer.at)}
        enterkeyhint={isTouch ? 'enter' : 'send'}
      />
      <button type="submit" class="icon primary" aria-label={edited === null ? text.send : text.save} disabled={excess > 0}>
        <Icon name="send" />
      </button>
      <p class="problem" role="alert">
        {excess > 0 ? text.tooLong(excess) : problem}
      </p>
    </form>
  );
}

function put(field: HTMLTextAreaElement | null, text: string): void {
  // To move the cursor lays out the page; mostly there is no draft.
  if (field === null || field.value === text) return;
  field.value = text;
  field.setSelectionRange(text.length, text.length);
}
