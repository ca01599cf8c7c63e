import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../text/text.js';
import { Icon } from './icon.js';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** Dialogs may stand in trees of their own, whose `useId` would give the same ids. */
let dialogs = 0;

/** The platform's own dialog: focus stays in it and comes back, Escape closes. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const { ui: text } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const [id] = useState(() => `dialog-${++dialogs}`);
  // At once: a click that follows the one that opened it meets the dialog, not what is behind.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const clicked = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose} onClick={clicked}>
      <div class="dialog">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon" aria-label={text.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
