import { troubleOf } from '../embedded/sqlite.js';

/** Whether the data directory could not be opened because another process, such as a server, has it. */
export function isInUse(error: unknown): boolean {
  return error instanceof Error && troubleOf(error.cause) === 'busy';
}
