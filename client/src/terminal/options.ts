import { Command, Option } from 'commander';

/** Where the server is, and who one is there. */
export interface TerminalOptions {
  url: string;
  chat?: string;
  presence?: string;
  user?: string;
  password?: string;
  state?: string;
  register: boolean;
}

/** A command of the terminal, with the options that all of them take; each may come from the environment. */
export function terminalCommand(name: string, about: string): Command {
  return new Command(`npm run ${name} --`)
    .description(about)
    .addOption(new Option('--url <url>', 'the HTTP API').env('PARLEY_URL').default('http://127.0.0.1:3000'))
    .addOption(new Option('--chat <url>', 'the chat socket (default: /ws/chat of the HTTP API)').env('PARLEY_CHAT_URL'))
    .addOption(
      new Option('--presence <url>', 'the presence socket (default: /ws/presence of the HTTP API)').env('PARLEY_PRESENCE_URL'),
    )
    .showHelpAfterError();
}

/** For the clients that speak as somebody. */
export function withAccount(command: Command): Command {
  return command
    .addOption(new Option('--user <name>', 'who to sign in as').env('PARLEY_USER'))
    .addOption(new Option('--password <password>', 'asked for if it is not given').env('PARLEY_PASSWORD'))
    .option('--register', 'make the account if there is none', false)
    .addOption(new Option('--state <folder>', 'keep unsent messages here, over the end of the program').env('PARLEY_STATE'));
}

/** The sockets, where they were not given: on the port of the API. */
export function socketUrls({ url, chat, presence }: Pick<TerminalOptions, 'url' | 'chat' | 'presence'>): {
  chatUrl: string;
  presenceUrl: string;
} {
  const base = url.replace(/^http/, 'ws').replace(/\/$/, '');
  return { chatUrl: chat ?? `${base}/ws/chat`, presenceUrl: presence ?? `${base}/ws/presence` };
}
