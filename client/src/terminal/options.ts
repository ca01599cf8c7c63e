import { Command, InvalidArgumentError, Option } from 'commander';

/** Where the server is. */
export interface ServerOptions {
  url: string;
  chat?: string;
  presence?: string;
}

/** Who one is there, and what is kept of it. */
export interface TerminalOptions extends ServerOptions {
  user?: string;
  password?: string;
  register: boolean;
  state?: string;
  remember: boolean;
  wait: number;
}

/** A command of the terminal, with the options that all of them take; each may come from the environment. */
export function terminalCommand(name: string, about: string): Command {
  return new Command(`npm run ${name} --`)
    .description(about)
    .addOption(new Option('--url <url>', 'the HTTP API').env('PARLEY_URL').default('http://127.0.0.1:3000').argParser(baseUrl))
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
    .addOption(
      new Option('--password <password>', 'asked for if it is not given; other users of the machine see it here').env(
        'PARLEY_PASSWORD',
      ),
    )
    .option('--register', 'make the account if there is none', false)
    .addOption(new Option('--state <folder>', 'keep unsent messages here, over the end of the program').env('PARLEY_STATE'))
    .option('--remember', 'keep the session there too: next time no password is needed, nor the server to begin', false)
    .addOption(
      new Option('--wait <seconds>', 'piped: how long to wait for the server to take everything')
        .default(30)
        .argParser(wholeNumber(0, 86_400)),
    );
}

/** The sockets, where they were not given: on the port of the API. */
export function socketUrls({ url, chat, presence }: ServerOptions): { chatUrl: string; presenceUrl: string } {
  const base = url.replace(/^http/, 'ws');
  return { chatUrl: chat ?? `${base}/ws/chat`, presenceUrl: presence ?? `${base}/ws/presence` };
}

/** Reads an option that is a whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function baseUrl(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp) throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:3000.');
  return text.replace(/\/+$/, '');
}
