import { Lexer } from 'marked';

/* A file of its own: of the library only what reads is fetched, and not what would write HTML. */

export const lex = (text: string) => Lexer.lex(text, { gfm: true, breaks: true });
