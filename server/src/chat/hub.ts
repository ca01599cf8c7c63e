/** One connection of this server, as delivery sees it: something that takes frames. */
export interface Recipient {
  readonly userId: string;
  /** Takes a frame that must arrive, or the connection ends as slow; the log has it. */
  send(frame: Uint8Array): void;
  /** Takes a frame that may be dropped when the connection is behind. */
  sendEphemeral(frame: Uint8Array): void;
}

/** The recipients on this server, by user. */
export class Hub {
  /** A lone recipient stands for its set: most users have one device, and a set costs more than the rest of the entry. */
  readonly #byUser = new Map<string, Recipient | Set<Recipient>>();

  /** True if this is the user's first. */
  add(recipient: Recipient): boolean {
    const present = this.#byUser.get(recipient.userId);
    if (present === undefined) this.#byUser.set(recipient.userId, recipient);
    else if (present instanceof Set) present.add(recipient);
    else this.#byUser.set(recipient.userId, new Set([present, recipient]));
    return present === undefined;
  }

  /** True if it was the user's last. */
  remove(recipient: Recipient): boolean {
    const present = this.#byUser.get(recipient.userId);
    if (present instanceof Set) {
      present.delete(recipient);
      if (present.size > 0) return false;
    } else if (present !== recipient) {
      return false;
    }
    this.#byUser.delete(recipient.userId);
    return true;
  }

  /** Everybody with a connection here. */
  userIds(): string[] {
    return [...this.#byUser.keys()];
  }

  /** Those of these people who have a connection here. Looks through the fewer: a group may be far larger than a server. */
  here<T>(people: ReadonlyMap<string, T>): [userId: string, its: T][] {
    const found: [string, T][] = [];
    if (people.size <= this.#byUser.size) {
      for (const [userId, its] of people) if (this.#byUser.has(userId)) found.push([userId, its]);
    } else {
      for (const userId of this.#byUser.keys()) {
        const its = people.get(userId);
        if (its !== undefined) found.push([userId, its]);
      }
    }
    return found;
  }

  has(userId: string): boolean {
    return this.#byUser.has(userId);
  }

  /** Whether the user has a recipient here other than this one. */
  hasOther(userId: string, than: Recipient | undefined): boolean {
    const present = this.#byUser.get(userId);
    if (!(present instanceof Set)) return present !== undefined && present !== than;
    return present.size > (than !== undefined && present.has(than) ? 1 : 0);
  }

  /** Sends to every recipient of the user but `except`; gives how many took it. */
  send(userId: string, frame: Uint8Array, except?: Recipient): number {
    const present = this.#byUser.get(userId);
    if (present === undefined) return 0;
    if (!(present instanceof Set)) {
      if (present === except) return 0;
      present.send(frame);
      return 1;
    }
    let sent = 0;
    for (const recipient of present) {
      if (recipient === except) continue;
      recipient.send(frame);
      sent++;
    }
    return sent;
  }

  sendEphemeral(userId: string, frame: Uint8Array): void {
    const present = this.#byUser.get(userId);
    if (present instanceof Set) for (const recipient of present) recipient.sendEphemeral(frame);
    else present?.sendEphemeral(frame);
  }
}
