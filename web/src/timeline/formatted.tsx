import { memo, useSyncExternalStore } from 'preact/compat';
import type { VNode } from 'preact';
import type { Token, Tokens } from 'marked';
import { highlighted } from './highlight.js';

/* Messages are text. A part of Markdown is shown as what it means; HTML is never more than the text that it is. */

/** What nothing of Markdown begins without. */
const PERHAPS_RICH = /[*_`~>#[\]\\|-]|\d[.)] |https?:|www\.|@.+\./;
const SAFE_LINK = /^(https?:|mailto:)/i;

/** Fetched the first time that a message may need it; until then that one is shown as it was typed. */
class Reader {
  #lex: ((text: string) => Token[]) | null = null;
  #isAsked = false;
  readonly #listeners = new Set<() => void>();

  readonly lex = () => this.#lex;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.load();
    return () => this.#listeners.delete(listener);
  };

  load(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    import('./lexer.js').then(
      ({ lex }) => {
        this.#lex = lex;
        for (const listener of this.#listeners) listener();
      },
      () => (this.#isAsked = false),
    );
  }
}

export const reader = new Reader();

export const Formatted = memo(function Formatted({ content }: { content: string }) {
  if (!PERHAPS_RICH.test(content)) return <Plain text={content} />;
  const lex = reader.lex();
  return lex === null ? <Awaited content={content} /> : <Rich lex={lex} content={content} />;
});

/** Until there is something to read it with. */
function Awaited({ content }: { content: string }) {
  const lex = useSyncExternalStore(reader.subscribe, reader.lex);
  return lex === null ? <Plain text={content} /> : <Rich lex={lex} content={content} />;
}

function Rich({ lex, content }: { lex: (text: string) => Token[]; content: string }) {
  return <div class="formatted">{lex(content).map(block)}</div>;
}

/** With the line breaks that it has. */
function Plain({ text }: { text: string }) {
  return (
    <div class="formatted">
      <p>{text}</p>
    </div>
  );
}

function block(token: Token, index: number): VNode | null {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'paragraph':
    case 'heading':
      return <p key={index}>{token.type === 'heading' ? <strong>{inlines(token)}</strong> : inlines(token)}</p>;
    case 'text':
      return <span key={index}>{inlines(token)}</span>;
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return (
        <pre key={index} tabIndex={0}>
          <code>{highlighted(text, lang)}</code>
        </pre>
      );
    }
    case 'blockquote':
      return <blockquote key={index}>{(token as Tokens.Blockquote).tokens.map(block)}</blockquote>;
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const children = items.map((item, at) => <li key={at}>{item.tokens.map(block)}</li>);
      return ordered ? (
        <ol key={index} start={Number(start)}>
          {children}
        </ol>
      ) : (
        <ul key={index}>{children}</ul>
      );
    }
    default:
      // Tables, rules, HTML and what else there may be: as they were typed.
      return <p key={index}>{token.raw.replace(/\n+$/, '')}</p>;
  }
}

function inlines(token: Token): (VNode | string)[] {
  const { tokens } = token as Tokens.Generic;
  return tokens === undefined ? [textOf(token)] : tokens.map(inline);
}

function inline(token: Token, index: number): VNode | string {
  switch (token.type) {
    case 'strong':
      return <strong key={index}>{inlines(token)}</strong>;
    case 'em':
      return <em key={index}>{inlines(token)}</em>;
    case 'del':
      return <del key={index}>{inlines(token)}</del>;
    case 'codespan':
      return <code key={index}>{textOf(token)}</code>;
    case 'br':
      return <br key={index} />;
    case 'link': {
      const { href } = token as Tokens.Link;
      if (!SAFE_LINK.test(href)) return token.raw;
      return (
        <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
          {inlines(token)}
        </a>
      );
    }
    case 'text':
    case 'escape':
      return textOf(token);
    default:
      // HTML and images.
      return token.raw;
  }
}

const textOf = (token: Token) => ('text' in token ? String(token.text) : token.raw);
