/** What one client has of one conversation, by seq: finds gaps, repeats and a wrong order. */
export class Timeline {
  /** Everything up to here was received. */
  upTo: number;
  /** Up to here the server was told. */
  acknowledged: number;
  /** Told within a second. */
  ackIsDue = false;
  #lastDelivered = 0;
  #ahead: Set<number> | null = null;

  constructor(lastSeq: number) {
    this.upTo = lastSeq;
    this.acknowledged = lastSeq;
  }

  /** Takes a seq; false if it was there already. */
  take(seq: number): boolean {
    if (seq <= this.upTo || this.#ahead?.has(seq) === true) return false;
    if (seq !== this.upTo + 1) {
      (this.#ahead ??= new Set()).add(seq);
      return true;
    }
    this.upTo = seq;
    while (this.#ahead !== null && this.#ahead.delete(this.upTo + 1)) this.upTo += 1;
    return true;
  }

  /** Others' messages come in the order of the log; false if this one does not. */
  inOrder(seq: number): boolean {
    const ordered = seq > this.#lastDelivered;
    this.#lastDelivered = seq;
    return ordered;
  }

  /** How many of the seqs up to `top` never came. */
  missing(top: number): number {
    let missing = Math.max(0, top - this.upTo);
    for (const seq of this.#ahead ?? []) if (seq <= top) missing -= 1;
    return missing;
  }
}
