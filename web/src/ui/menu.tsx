import type { RefObject } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.js';

export interface MenuItem {
  label: string;
  run: () => void;
  /** Cannot be undone. */
  isGrave?: boolean;
}

interface MenuProps {
  label: string;
  /** Asked for when it is opened. */
  items: () => readonly MenuItem[];
  note?: string | null;
  /** Something that opens it too, as things are opened there: the other button of the mouse, a long press, the menu key. */
  of?: RefObject<HTMLElement | null> | undefined;
}

const EDGE_PX = 8;

/** What may be done with a thing, behind a button; keys move in it, and focus comes back to the button. */
export function Menu({ label, items, note = null, of }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const thing = of?.current ?? null;
    if (thing === null) return;
    const asked = (event: MouseEvent) => {
      event.preventDefault();
      setOpen(true);
    };
    thing.addEventListener('contextmenu', asked);
    return () => thing.removeEventListener('contextmenu', asked);
  }, [of]);
  // Above everything, so that no list that it stands in cuts it off.
  useLayoutEffect(() => {
    if (!isOpen || panel.current === null || button.current === null) return;
    panel.current.showPopover();
    place(panel.current, button.current.getBoundingClientRect());
    panel.current.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
    const elsewhere = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    const away = () => setOpen(false);
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('scroll', elsewhere, true);
    addEventListener('resize', away);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('scroll', elsewhere, true);
      removeEventListener('resize', away);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const keyed = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const all = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      event.stopPropagation();
      return close();
    }
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <div class="menu" ref={root} onKeyDown={keyed}>
      <button
        ref={button}
        type="button"
        class="icon"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <div id={id} ref={panel} popover="manual" class="panel">
          <div role="menu" aria-label={label}>
            {items().map(({ label: words, run, isGrave = false }) => (
              <button
                key={words}
                type="button"
                role="menuitem"
                tabIndex={-1}
                data-grave={isGrave}
                onClick={() => {
                  close();
                  run();
                }}
              >
                {words}
              </button>
            ))}
          </div>
          {note !== null && <p class="quiet">{note}</p>}
        </div>
      )}
    </div>
  );
}

/** Under the button, or over it where there is no room, and inside the window. */
function place(panel: HTMLElement, { right, top, bottom }: DOMRect): void {
  const { offsetWidth, offsetHeight, style } = panel;
  const left = Math.min(right - offsetWidth, innerWidth - offsetWidth - EDGE_PX);
  const under = bottom + offsetHeight + EDGE_PX <= innerHeight ? bottom : top - offsetHeight;
  style.left = `${Math.max(EDGE_PX, left)}px`;
  style.top = `${Math.max(EDGE_PX, under)}px`;
}
