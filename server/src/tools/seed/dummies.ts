import { http, refusalOf } from '@parley/protocol';
import type { Dummy } from './place.js';

const FIRST = ['Ada', 'Bruno', 'Clara', 'Deniz', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kira', 'Liam', 'Mina'];
const LAST = ['Alder', 'Brandt', 'Castro', 'Dahl', 'Egger', 'Fontana', 'Garcia', 'Haddad', 'Ito', 'Jansen', 'Kaya'];

export interface DummyOptions {
  prefix: string;
  password: string;
}

/** The dummies of a prefix, by number from 1: the same number is the same account in every run. */
export class Dummies {
  readonly #options: DummyOptions;

  /** Throws the refusal if the name of the first or of number `last` is not one that an account can have. */
  constructor(options: DummyOptions, last: number) {
    this.#options = options;
    for (const number of [1, last]) {
      const checked = http.Registration.safeParse(this.number(number));
      if (!checked.success) throw refusalOf(checked.error);
    }
  }

  number(number: number): Dummy {
    const { prefix, password } = this.#options;
    // The lists' lengths have no common divisor: as many names as their product before one comes twice.
    const displayName = `${FIRST[number % FIRST.length]} ${LAST[number % LAST.length]}`;
    return { username: `${prefix}${number}`, displayName, password };
  }
}
