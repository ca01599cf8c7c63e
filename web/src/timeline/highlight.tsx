import type { VNode } from 'preact';

/* Enough colour to read code by, for any language: comments, strings, numbers, words that many languages keep. */

const KEPT =
  'abstract and as async await begin bool break case catch class const continue def default del delete do elif else end enum export extends false final finally fn for from func function global go if impl implements import in include int interface is lambda let loop match module mut namespace new nil none not null of or package pass private protected pub public raise return self select static string struct super switch table then this throw trait true try type typeof union unless until use using val var void where while with yield';
const WORDS = new Set(KEPT.split(' '));
const PARTS =
  /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|(?<=^|\s)#[^\n]*|--\s[^\n]*)|(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?)|(?<number>\b\d[\w.]*\b)|(?<word>\b[A-Za-z_]\w*\b)/g;
const LENGTH_MAX = 20_000;

/** The code in parts that style can tell apart; without a language, or very long, as it is. */
export function highlighted(code: string, language: string | undefined): (VNode | string)[] {
  if (language === undefined || language === '' || language === 'text' || code.length > LENGTH_MAX) return [code];
  const parts: (VNode | string)[] = [];
  let at = 0;
  for (const found of code.matchAll(PARTS)) {
    const [part] = found;
    const kind = kindOf(found);
    if (kind === null) continue;
    if (found.index > at) parts.push(code.slice(at, found.index));
    parts.push(
      <span key={found.index} class={`code-${kind}`}>
        {part}
      </span>,
    );
    at = found.index + part.length;
  }
  parts.push(code.slice(at));
  return parts;
}

function kindOf({ groups = {} }: RegExpMatchArray): string | null {
  if (groups['comment'] !== undefined) return 'comment';
  if (groups['string'] !== undefined) return 'string';
  if (groups['number'] !== undefined) return 'number';
  return WORDS.has(groups['word']?.toLowerCase() ?? '') ? 'word' : null;
}
