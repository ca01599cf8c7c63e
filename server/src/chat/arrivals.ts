import type { EntryHint, Hint, Notice, RelayListener } from '../ports/relay.js';
import type { Runtime } from '../ports/runtime.js';
import type { Encode } from './delivery.js';
import type { Healing } from './healing.js';
import type { Heard } from './heard.js';
import type { Hub } from './hub.js';
import type { Presence } from './presence.js';
import { RESYNC } from './resync.js';
import type { Profiles } from './profiles.js';
import type { Rosters } from './rosters.js';
import type { Sessions } from './sessions.js';

export interface ArrivalsParts {
  hub: Hub;
  rosters: Rosters;
  heard: Heard;
  sessions: Sessions;
  profiles: Pick<Profiles, 'forget'>;
  presence: Presence;
  healing: Healing;
  runtime: Runtime;
  encode: Encode;
}

/**
 * After a doubt, connections are asked to read their inboxes again: not before all servers know again who is where, and
 * at different moments, so that all have been asked within ten seconds.
 */
const RESYNC_AFTER_MS = 2_500;
const RESYNC_SPREAD_MS = 4_000;
const RESYNC_SLICES = 40;

/** What comes from other servers, handed to the connections of this one. */
export class Arrivals implements RelayListener {
  readonly #parts: ArrivalsParts;
  #resync: 'none' | 'waits' | 'runs' | 'runs, then again' = 'none';

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
  }

  async hint(hint: Hint): Promise<void> {
    if (hint.kind === 'entry') return this.#entry(hint);
    for (const userId of hint.userIds) this.#parts.hub.send(userId, hint.frame);
  }

  ephemeral(userIds: readonly string[], frame: Uint8Array): void {
    for (const userId of userIds) this.#parts.hub.sendEphemeral(userId, frame);
  }

  notice(notice: Notice): void {
    switch (notice.kind) {
      case 'sessions_ended':
        return this.#parts.sessions.ended(notice.sessionIds);
      case 'members_changed':
        return this.#parts.rosters.forget(notice.conversationId);
      case 'profile_changed':
        return this.#parts.profiles.forget(notice.userId);
      case 'hidden':
      case 'befriended':
      case 'parted':
      case 'left_group':
        return this.#parts.presence.told(notice);
    }
  }

  /** Entries are healed here; what is not in the log (cursors, blocks) each device looks up. */
  doubt(): void {
    void this.#parts.healing.now();
    this.#resyncAll();
  }

  #resyncAll(): void {
    if (this.#resync === 'runs') this.#resync = 'runs, then again';
    if (this.#resync !== 'none') return;
    this.#resync = 'waits';
    this.#parts.runtime.after(RESYNC_AFTER_MS, () => this.#askAll());
  }

  #askAll(): void {
    const { runtime, hub, encode } = this.#parts;
    this.#resync = 'runs';
    const frame = encode(RESYNC);
    // Whoever comes later reads the inbox anyway.
    const userIds = hub.userIds();
    const some = Math.ceil(userIds.length / RESYNC_SLICES);
    void this.#parts.presence.lookAgain();
    for (let slice = 0; slice < RESYNC_SLICES; slice++) {
      runtime.after(((slice + runtime.random()) * RESYNC_SPREAD_MS) / RESYNC_SLICES, () => {
        for (const userId of userIds.slice(slice * some, (slice + 1) * some)) hub.sendEphemeral(userId, frame);
      });
    }
    runtime.after(RESYNC_SPREAD_MS, () => {
      const isWanted = this.#resync === 'runs, then again';
      this.#resync = 'none';
      if (isWanted) this.#resyncAll();
    });
  }

  async #entry(hint: EntryHint): Promise<void> {
    const { hub, rosters, heard } = this.#parts;
    const userIds = hint.userIds ?? (await this.#members(hint));
    // It may have come from the log meanwhile.
    if (!heard.add(hint.conversationId, hint.seq, hint.createdAt)) return;
    rosters.outdated(hint.conversationId, hint.membersVersion);
    for (const userId of userIds) {
      if (userId !== hint.senderId) hub.send(userId, hint.frame);
      else if (hub.has(userId)) hub.send(userId, hint.ownFrame());
    }
  }

  /** Members of a group too large for a list, as far as they are here (R12). */
  async #members({ conversationId, membersVersion, seq }: EntryHint): Promise<string[]> {
    const { rosters, hub } = this.#parts;
    const room = await rosters.get(conversationId, membersVersion);
    const here = room === null ? [] : hub.here(room.members);
    return here.filter(([, member]) => member.joinedSeq <= seq).map(([userId]) => userId);
  }
}
