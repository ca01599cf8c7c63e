import { ParleyError } from '../errors.js';

/** Runs a command to its exit code; what went wrong is said in a line, without a stack. */
export async function ended(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const field = error instanceof ParleyError && error.field !== undefined ? ` (${error.field})` : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${field}\n`);
    return 1;
  }
}
