import type { Runtime } from '../../ports/runtime.js';

/** What was waited for did not come in time. It may still. */
export class TimedOut extends Error {
  override name = 'TimedOut';
}

/** Waits for `work`, but no longer than `limitMs`; then it goes on unseen, for nothing can stop it. */
export async function withTimeLimit<T>(work: Promise<T>, limitMs: number, what: string, runtime: Runtime): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    const timer = runtime.after(limitMs, () => reject(new TimedOut(`${what} took longer than ${limitMs} ms`)));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
    work.catch(() => undefined);
  }
}
