import { wholeTimeOf } from '../text/times.js';

/** A time in a few characters; whoever points at it is told the whole. */
export function Time({ at, children }: { at: number; children: string }) {
  const tell = (event: PointerEvent) => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.title = wholeTimeOf(at);
  };
  return (
    <time dateTime={new Date(at).toISOString()} onPointerEnter={tell}>
      {children}
    </time>
  );
}
