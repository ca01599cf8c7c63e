export type Thing = 'users' | 'chats' | 'groups' | 'messages';
/** `completed`: it was there, with fewer messages than wanted. */
export type Outcome = 'created' | 'completed' | 'skipped';

/** What a run has done so far. */
export class Tally {
  readonly #counts = new Map<Thing, Record<Outcome, number>>();

  count(thing: Thing, outcome: Outcome): void {
    const counts = this.#counts.get(thing) ?? { created: 0, completed: 0, skipped: 0 };
    counts[outcome] += 1;
    this.#counts.set(thing, counts);
  }

  /** One line for each kind of thing. */
  lines(): string[] {
    return [...this.#counts].map(([thing, { created, completed, skipped }]) => {
      if (thing === 'messages') return `${thing}: ${created} created`;
      return `${thing}: ${created} created, ${completed > 0 ? `${completed} completed, ` : ''}${skipped} skipped (there already)`;
    });
  }
}
