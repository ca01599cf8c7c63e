/** Said to the person who typed something that cannot be done; not a fault. */
export class Usage extends Error {
  override readonly name = 'Usage';
}

const WORD = /^\s*(?:"([^"]*)"|(\S+))/;

/** What was typed after a command, taken word by word; `"several words"` are one. */
export class Words {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  /** The next word; '' if there is none. */
  next(): string {
    const [taken = '', quoted, bare] = WORD.exec(this.#rest) ?? [];
    this.#rest = this.#rest.slice(taken.length);
    return quoted ?? bare ?? '';
  }

  /** The next word, without which the command makes no sense. */
  need(what: string): string {
    const word = this.next();
    if (word === '') throw new Usage(`expected ${what}`);
    return word;
  }

  /** The next word if it is a whole number, else null, and the word stays. `#17` is 17. */
  number(): number | null {
    const [taken, digits] = /^\s*#?(\d{1,15})(?=\s|$)/.exec(this.#rest) ?? [];
    if (taken === undefined) return null;
    this.#rest = this.#rest.slice(taken.length);
    return Number(digits);
  }

  /** All that is left, as one text. */
  rest(): string {
    const rest = this.#rest.trim();
    this.#rest = '';
    return rest;
  }

  needRest(what: string): string {
    const rest = this.rest();
    if (rest === '') throw new Usage(`expected ${what}`);
    return rest;
  }

  /** All words that are left. */
  all(): string[] {
    const words: string[] = [];
    for (let word = this.next(); word !== ''; word = this.next()) words.push(word);
    return words;
  }
}
