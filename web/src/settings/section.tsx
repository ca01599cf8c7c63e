import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { useText } from '../text/text.js';

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A change that is sent, and what came of it. */
export function useChange() {
  const words = useText();
  const [said, say] = useState<{ kind: 'done' | 'problem'; text: string } | null>(null);
  const change = async (run: () => Promise<unknown>, done: string) => {
    try {
      await run();
      say({ kind: 'done', text: done });
    } catch (error) {
      say({ kind: 'problem', text: wordsFor(error, words) });
    }
  };
  const outcome = (
    <p class={said?.kind === 'problem' ? 'problem' : 'quiet'} role="status">
      {said?.text}
    </p>
  );
  return { change, outcome };
}
