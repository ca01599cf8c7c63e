/** What a page that nobody looks at draws no frame for waits no longer. */
const AT_MOST_MS = 100;

/** Runs with the next frame that is drawn: what comes meanwhile is drawn once. */
export function withNextFrame(run: () => void): void {
  let isRun = false;
  const once = () => {
    if (isRun) return;
    isRun = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, AT_MOST_MS);
}
