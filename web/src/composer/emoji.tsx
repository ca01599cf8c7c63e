import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { Icon } from '../ui/icon.js';
import type * as EmojiNames from './emoji-names.js';
import type { Emoji } from './emoji-names.js';

type Names = typeof EmojiNames;

const OFFERED_MAX = 6;
/** A colon at the beginning of a word, and the beginning of a name after it. */
const BEGUN = /(?:^|\s):([a-z_]{2,})$/i;
const WHOLE = /(?:^|\s):([a-z_]+):$/i;

/** The list of emoji is fetched when somebody first wants one. */
let names: Promise<Names> | null = null;
const load = () => (names ??= import('./emoji-names.js'));

interface Offer {
  found: readonly Emoji[];
  at: number;
}

/**
 * Offers emoji for what is being typed: `:smi`. Up and down choose, Enter and Tab take, Escape leaves it be; a whole
 * `:smile:` is replaced by itself.
 */
export function useEmojiOffer(field: RefObject<HTMLTextAreaElement | null>, changed: () => void) {
  const [offer, setOffer] = useState<Offer | null>(null);
  const asked = useRef(0);

  const take = ({ emoji }: Emoji) => {
    setOffer(null);
    const area = field.current;
    const begun = area === null ? null : BEGUN.exec(before(area));
    if (area === null || begun === null) return;
    write(area, area.selectionStart - (begun[1]?.length ?? 0) - 1, `${emoji} `);
    changed();
  };

  const typed = async () => {
    const area = field.current;
    const turn = ++asked.current;
    const [begun, whole] = area === null ? [null, null] : [BEGUN.exec(before(area)), WHOLE.exec(before(area))];
    if (area === null || (begun === null && whole === null)) return setOffer(null);
    const { EMOJI, emojiLike } = await load();
    if (turn !== asked.current) return;
    const exact = EMOJI.find(({ name }) => name === whole?.[1]?.toLowerCase());
    if (exact !== undefined) {
      setOffer(null);
      write(area, area.selectionStart - exact.name.length - 2, exact.emoji);
      return changed();
    }
    const found = emojiLike(begun?.[1] ?? '', OFFERED_MAX);
    setOffer(begun === null || found.length === 0 ? null : { found, at: 0 });
  };

  /** True: the key was for the offer. */
  const keyed = (event: KeyboardEvent): boolean => {
    if (offer === null) return false;
    const { found, at } = offer;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = found[at];
    if (step !== undefined) setOffer({ found, at: (at + step + found.length) % found.length });
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen !== undefined) take(chosen);
    else if (event.key === 'Escape') setOffer(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return { offer, take, typed, keyed, close: () => setOffer(null) };
}

export const optionId = (index: number) => `emoji-option-${index}`;

export function EmojiOffer({ offer, take }: { offer: Offer; take: (emoji: Emoji) => void }) {
  const { composer: text } = useText();
  return (
    <div class="emoji-offer" id="emoji-offer" role="listbox" aria-label={text.emoji}>
      {offer.found.map((each, index) => (
        <div
          key={each.name}
          id={optionId(index)}
          role="option"
          aria-selected={index === offer.at}
          // Before the field loses its focus.
          onMouseDown={(event) => {
            event.preventDefault();
            take(each);
          }}
        >
          <span class="emoji">{each.emoji}</span> :{each.name}:
        </div>
      ))}
    </div>
  );
}

/** A button with all of them; what is picked is put where the cursor is. */
export function EmojiPicker({ field, changed }: { field: RefObject<HTMLTextAreaElement | null>; changed: () => void }) {
  const { composer: text } = useText();
  const [all, setAll] = useState<Names | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const root = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    setTyped('');
    field.current?.focus();
  };
  const open = () => {
    void load().then(setAll);
    setOpen(!isOpen);
  };
  useLayoutEffect(() => {
    if (isOpen) panel.current?.querySelector('input')?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, [isOpen]);
  const put = ({ emoji }: Emoji) => {
    if (field.current !== null) write(field.current, field.current.selectionStart, emoji);
    changed();
    close();
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      return close();
    }
    const buttons = [...(panel.current?.querySelectorAll<HTMLElement>('.emojis button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const to = at < 0 ? (event.key === 'ArrowDown' ? 0 : -1) : moved(buttons, at, event.key);
    if (to < 0 || to >= buttons.length) return;
    event.preventDefault();
    buttons[to]?.focus();
  };
  const shown = all === null ? [] : typed.trim() === '' ? all.EMOJI : all.emojiLike(typed.trim().replace(/\s+/g, '_'), 200);
  return (
    <div class="emoji-picker" ref={root} onKeyDown={isOpen ? keyed : undefined}>
      <button type="button" class="icon" aria-label={text.emoji} aria-expanded={isOpen} onClick={open}>
        <Icon name="emoji" />
      </button>
      {isOpen && (
        <div class="panel" ref={panel} role="dialog" aria-label={text.emoji}>
          <input
            type="search"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              if (shown[0] !== undefined) put(shown[0]);
            }}
            placeholder={text.emojiFind}
            aria-label={text.emojiFind}
            autoComplete="off"
          />
          <div class="emojis">
            {shown.map((each, index) => (
              <button
                key={each.name}
                type="button"
                tabIndex={index === 0 ? 0 : -1}
                aria-label={each.name.replaceAll('_', ' ')}
                title={`:${each.name}:`}
                onClick={() => put(each)}
              >
                {each.emoji}
              </button>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

/** Where an arrow leads from a button of the grid. */
function moved(buttons: readonly HTMLElement[], at: number, key: string): number {
  const top = buttons[0]?.offsetTop ?? 0;
  const columns = buttons.findIndex(({ offsetTop }) => offsetTop > top);
  const row = columns < 0 ? buttons.length : columns;
  return { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + row, ArrowUp: at - row }[key] ?? -1;
}

const before = (area: HTMLTextAreaElement) => area.value.slice(0, area.selectionStart);

/** Puts text in place of what stands from `from` to the cursor, in a way that the browser can undo. */
function write(area: HTMLTextAreaElement, from: number, text: string): void {
  area.focus();
  area.setSelectionRange(from, area.selectionEnd);
  // The one way that keeps the browser's own undo.
  if (!document.execCommand('insertText', false, text)) area.setRangeText(text, from, area.selectionEnd, 'end');
}
