import type { Dummy } from './place.js';

/** The command that signs in as a dummy, as it is typed into a shell. */
export function loginCommand({ username, password }: Dummy, more: readonly string[] = []): string {
  return ['npm run client --', '--user', username, '--password', quoted(password), ...more].join(' ');
}

const quoted = (text: string) => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
