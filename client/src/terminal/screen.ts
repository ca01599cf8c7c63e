import type { Row } from './text/row.js';

/** Where a client reads lines and prints rows: a terminal, or a pipe. */
export interface Screen {
  /** Somebody is there: prompts and colours make sense, and what comes is printed above what is being typed. */
  readonly isTerminal: boolean;
  /** Columns; `Infinity` in a pipe. */
  readonly width: number;
  /** Who is told what is typed. */
  serve(typist: Typist): void;
  print(...rows: Row[]): void;
  /** What stands before the line that is typed. */
  setPrompt(prompt: string): void;
  /** One line in answer to a question; null at the end of input. A secret is not shown, and not remembered. */
  ask(question: string, isSecret?: boolean): Promise<string | null>;
  /** Gives every line to `run`, one after the other, until the input ends or `run` gives false. */
  each(run: (line: string) => Promise<boolean>): Promise<void>;
  close(): void;
}

/** What only a person at a terminal does. */
export interface Typist {
  /** Called at every key with what is in the line now. */
  typed(line: string): void;
  /** Whether a line stays on the screen when it is entered; a message does not, for it comes back with its number. */
  keeps(line: string): boolean;
  /** How a line may go on; for the Tab key. */
  completions(line: string): string[];
}
