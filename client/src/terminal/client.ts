import { ended } from './ended.js';
import { terminalCommand, withAccount, type TerminalOptions } from './options.js';
import { Screen } from './screen.js';
import { signIn } from './sign-in.js';
import { Talk } from './talk.js';

const about =
  'The chat in a terminal. Lines that do not begin with / are messages to the open conversation. Piped, it sends every line, waits until all are acknowledged, and exits with 1 if something failed.';

await withAccount(terminalCommand('client', about))
  .action(async (options: TerminalOptions) => {
    const screen = new Screen();
    process.exitCode = await ended(async () => new Talk(await signIn(options, screen), screen).run());
    screen.close();
  })
  .parseAsync();
