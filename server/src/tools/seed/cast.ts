import type { Dummies } from './dummies.js';
import type { Conversations, Person, Place } from './place.js';
import type { Tally } from './tally.js';

/** A person, and the conversations they were in when they were called. */
export interface Called {
  person: Person;
  before: Conversations;
}

/** The people of a run: called by number, made if there is none of the name yet. */
export class Cast {
  readonly #place: Place;
  readonly #dummies: Dummies;
  readonly #tally: Tally;
  readonly #called = new Map<number, Promise<Called>>();

  constructor(place: Place, dummies: Dummies, tally: Tally) {
    this.#place = place;
    this.#dummies = dummies;
    this.#tally = tally;
  }

  /** Makes the account, if there is none. */
  async create(number: number): Promise<void> {
    const created = await this.#place.create(this.#dummies.number(number));
    this.#tally.count('users', created ? 'created' : 'skipped');
  }

  call(number: number): Promise<Called> {
    const called = this.#called.get(number) ?? this.#call(number);
    this.#called.set(number, called);
    return called;
  }

  async #call(number: number): Promise<Called> {
    await this.create(number);
    const person = await this.#place.enter(this.#dummies.number(number));
    return { person, before: await person.conversations() };
  }
}
