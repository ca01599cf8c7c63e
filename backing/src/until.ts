const LOOK_AGAIN_MS = 50;

export interface Waiting {
  /** What is waited for, as in “PostgreSQL answers”. */
  what: string;
  withinMs: number;
  /** Throws when waiting has no sense any more. */
  giveUp?: () => void;
  /** Said beside the failure, such as the end of a log. */
  evidence?: () => string;
}

/** Asks again and again until it no longer throws. */
export async function until<T>({ what, withinMs, giveUp, evidence }: Waiting, ask: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    giveUp?.();
    try {
      return await ask();
    } catch (cause) {
      if (performance.now() > deadline) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`waited ${withinMs / 1_000} s until ${what}: ${why}${evidence?.() ?? ''}`, { cause });
      }
    }
    await pause(LOOK_AGAIN_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
