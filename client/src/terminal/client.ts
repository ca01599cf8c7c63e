import { createClient } from '../node.js';
import { Cable } from './cable.js';
import { ended } from './ended.js';
import type { Me } from './me.js';
import { openScreen } from './open-screen.js';
import { socketUrls, terminalCommand, withAccount, type TerminalOptions } from './options.js';
import type { Screen } from './screen.js';
import { signIn } from './sign-in.js';
import { StateFolder } from './state-folder.js';
import { Talk } from './talk.js';
import { dim } from './text/row.js';

const about =
  'The chat in a terminal. Lines that do not begin with / are messages to the open conversation. Piped, it sends every line, waits until all are acknowledged, and exits with 1 if something failed.';

await withAccount(terminalCommand('client', about))
  .action(async (options: TerminalOptions) => {
    const screen = openScreen();
    process.exitCode = await ended(async () => {
      const me = await enter(options, screen);
      return new Talk(me, screen, { waitMs: options.wait * 1_000 }).run();
    });
    screen.close();
  })
  .parseAsync();

async function enter(options: TerminalOptions, screen: Screen): Promise<Me> {
  if (options.remember && options.state === undefined)
    throw new Error('--remember needs a --state folder to keep the session in.');
  const state = options.state === undefined ? null : new StateFolder(options.state);
  const { username, userId, token, api } = await signIn(options, screen, state);
  const outbox = (await state?.outbox(userId)) ?? undefined;
  if (state !== null && outbox === undefined)
    screen.print(dim(`· another terminal of ${username} keeps the outbox; this one does not`));
  const cable = new Cable();
  // A script wants every message; a person finds what was missed where it is unread.
  const catchUp = screen.isTerminal ? 'opened' : 'all';
  const client = createClient({ token, api, webSocket: cable.open, catchUp, outbox, ...socketUrls(options) });
  return { username, url: options.url, api, client, cable, state, isDurable: outbox !== undefined };
}
