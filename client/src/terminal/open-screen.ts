import { PipeScreen } from './pipe-screen.js';
import { PromptScreen } from './prompt-screen.js';
import type { Screen } from './screen.js';

/** The terminal, if people and not files are at both ends; else the pipe. `NO_COLOR` is respected. */
export function openScreen(): Screen {
  const { NO_COLOR, TERM } = process.env;
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && TERM !== 'dumb';
  return isTerminal ? new PromptScreen({ hasColour: NO_COLOR === undefined || NO_COLOR === '' }) : new PipeScreen();
}
