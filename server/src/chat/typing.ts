import { LIMITS, Refusal } from '@parley/protocol';
import type { Caller } from './caller.js';
import type { Delivery } from './delivery.js';
import { idOf, type Named } from './door.js';
import type { Rosters } from './rosters.js';

/** Who is typing: told to the others now, never stored, dropped where somebody is behind. */
export class Typing {
  readonly #rosters: Rosters;
  readonly #delivery: Delivery;

  constructor(rosters: Rosters, delivery: Delivery) {
    this.#rosters = rosters;
    this.#delivery = delivery;
  }

  async typing(caller: Caller, named: Named): Promise<void> {
    const { id, kind, field } = idOf(named);
    const room = this.#rosters.cached(id) ?? (await this.#rosters.get(id));
    if (room === null || room.kind !== kind || !room.members.has(caller.userId))
      throw new Refusal('not_member', undefined, { field });
    if (room.blocked || room.members.size > LIMITS.receiptsPushedUpToMembers) return;
    const others = [...room.members.keys()].filter((userId) => userId !== caller.userId);
    const where = kind === 'direct' ? { chatId: id } : { groupId: id };
    this.#delivery.toUsersFleeting(others, { type: 'TYPING', ...where, from: caller.username });
  }
}
