const QUIET_MS = 2_000;
const AGAIN_MS = 10_000;

/** On standard error, beside the result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Says that something takes its time: after two seconds, and then every ten. */
export async function patiently<T>(what: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const tell = () => say(`${what} … ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  let again: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    tell();
    again = setInterval(tell, AGAIN_MS);
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}
