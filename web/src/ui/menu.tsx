import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.js';

export interface MenuItem {
  label: string;
  run: () => void;
  /** Cannot be undone. */
  isGrave?: boolean;
}

/** What may be done with a thing, behind a button; keys move in it, and focus comes back to the button. */
export function Menu({ label, items, note }: { label: string; items: readonly MenuItem[]; note: string | null }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const elsewhere = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
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
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <div id={id} role="menu" aria-label={label}>
          {items.map(({ label: words, run, isGrave = false }) => (
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
          {note !== null && <p class="quiet">{note}</p>}
        </div>
      )}
    </div>
  );
}
