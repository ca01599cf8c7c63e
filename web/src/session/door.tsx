import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { useText } from '../text/text.js';

interface DoorProps {
  title: string;
  submit: string;
  /** Said above the form. */
  notice?: string | undefined;
  isReady: boolean;
  enter: () => Promise<void>;
  children: ComponentChildren;
  foot: ComponentChildren;
}

/** The form in which one signs in or up. */
export function Door({ title, submit, notice, isReady, enter, children, foot }: DoorProps) {
  const text = useText();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await enter();
    } catch (error) {
      setProblem(wordsFor(error, text));
      setBusy(false);
    }
  };
  return (
    <main class="door">
      <form onSubmit={(event) => void send(event)} aria-labelledby="door-title">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1 id="door-title">{title}</h1>
        {notice !== undefined && <p class="notice">{notice}</p>}
        {children}
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary" disabled={!isReady || isBusy}>
          {submit}
        </button>
        <p class="foot">{foot}</p>
      </form>
    </main>
  );
}
