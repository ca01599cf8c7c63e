import { Lexer, type Token } from 'marked';

/* A file of its own: of the library only what reads is fetched, and not what would write HTML. */

/** Texts that were read last, oldest first: a row that comes back into sight is not read again. */
const known = new Map<string, Token[]>();
const KNOWN_MAX_TEXTS = 500;

export function lex(text: string): Token[] {
  const tokens = known.get(text) ?? Lexer.lex(text, { gfm: true, breaks: true });
  known.delete(text);
  known.set(text, tokens);
  if (known.size > KNOWN_MAX_TEXTS) for (const oldest of known.keys()) return (known.delete(oldest), tokens);
  return tokens;
}
