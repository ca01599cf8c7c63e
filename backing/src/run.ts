import { spawn } from 'node:child_process';

export interface Ran {
  /** Null: it could not be started, or took too long. */
  code: number | null;
  /** All that it printed. */
  said: string;
}

export interface RunOptions {
  withinMs: number;
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  user?: { uid: number; gid: number } | undefined;
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { withinMs, cwd, env, user } = options;
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: withinMs,
    killSignal: 'SIGKILL',
    ...user,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, said: error.message }));
    child.once('close', (code, signal) => resolve({ code, said: signal === null ? said : `${said}\n(ended by ${signal})` }));
  });
}

/** Runs a program that has to succeed; what it printed is in the error if it does not. */
export async function mustRun(what: string, program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { code, said } = await run(program, args, options);
  if (code !== 0)
    throw new Error(`${what} failed (${code ?? 'no exit code'}): ${said.trim().split('\n').slice(-15).join('\n  ')}`);
  return said;
}
