import { SETTINGS } from './settings.js';

/** What is said to words on the command line, of which the server takes none but `--help`; null: there are none. */
export function answerTo(args: readonly string[]): { code: number; text: string } | null {
  const [first] = args;
  if (first === undefined) return null;
  if (args.includes('--help') || args.includes('-h')) return { code: 0, text: HELP };
  return { code: 2, text: `npm start takes no ${first}: its settings come from the environment; see npm start -- --help\n` };
}

const width = Math.max(...Object.keys(SETTINGS).map((name) => name.length)) + 2;
const HELP = `npm start

Serves the HTTP API, the chat socket and the presence socket. Settings come from the environment and from .env, such as
HTTP_PORT=8080 npm start; .env.example says what each is for. Each with its default, and what it may be:

${Object.entries(SETTINGS)
  .map(
    ([name, { byDefault, expects }]) => `  ${name.padEnd(width)}${(byDefault === '' ? '-' : byDefault).padEnd(14)}  ${expects}`,
  )
  .join('\n')}
`;
