import type { Conversation } from '@parley/client';
import type { Device, User } from './device.js';
import { HEAL_MS, LOAD_FROM_MS } from './phases.js';
import type { Run } from './run.js';

/** While no server takes requests. */
const AGAIN_MS = 500;

/** What people do, at times that the seed decides. */
export class Story {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  plan(): void {
    const { chance, time, devices } = this.#run;
    for (let n = 0; n < chance.whole(1, 2); n++)
      this.#at(chance.between(LOAD_FROM_MS, LOAD_FROM_MS + 2_000), () => this.#makeGroup(n));
    for (const device of devices) {
      const everyMs = chance.pick([200, 500, 1_200]);
      const next = () => {
        if (time.now() > HEAL_MS) return;
        this.#do(device);
        time.after(chance.between(0.1, 2) * everyMs, next);
      };
      time.after(LOAD_FROM_MS + chance.between(0, everyMs), next);
      // When all is well again everybody says something more.
      this.#at(HEAL_MS + chance.between(3_000, 6_000), () => this.#say(device));
    }
  }

  #do(device: Device): void {
    const share = this.#run.chance.number();
    if (device.client === null) return;
    if (share < 0.6) this.#say(device);
    else if (share < 0.66) this.#burst(device);
    else if (share < 0.8) this.#read(device);
    else if (share < 0.85) this.#edit(device);
    else if (share < 0.88) this.#delete(device);
    else if (share < 0.92) this.#comeOrGo(device);
    else if (share < 0.95) this.#manage(device);
    else if (share < 0.97) this.#block(device);
    else this.#scroll(device);
  }

  #say(device: Device): void {
    const { chance } = this.#run;
    const group = this.#conversation(device, 'group');
    if (group !== null && chance.happens(0.5)) device.send(group);
    else device.send(this.#other(device.user));
  }

  /** Several in one go: one after the other through every queue. */
  #burst(device: Device): void {
    for (let n = 0; n < this.#run.chance.whole(3, 8); n++) this.#say(device);
  }

  /** As far as it is on the screen, up to a gap. */
  #read(device: Device): void {
    const conversation = this.#conversation(device);
    const items = conversation?.timeline.items ?? [];
    const gap = items.findIndex(({ kind }) => kind === 'gap');
    const newest = items.slice(0, gap < 0 ? items.length : gap).findLast((item) => item.kind === 'message');
    if (newest?.kind === 'message') conversation?.markRead(newest.seq);
  }

  #edit(device: Device): void {
    const chosen = this.#own(device);
    if (chosen !== null) void chosen.conversation.edit(chosen.message, `${chosen.message.content}!`).catch(() => undefined);
  }

  #delete(device: Device): void {
    const chosen = this.#own(device);
    if (chosen !== null) void chosen.conversation.delete(chosen.message).catch(() => undefined);
  }

  #scroll(device: Device): void {
    void this.#conversation(device)
      ?.timeline.loadOlder()
      .catch(() => undefined);
  }

  #comeOrGo(device: Device): void {
    const { chance, place } = this.#run;
    const groups = [...place.postgres.tables.conversations.values()].filter(({ kind }) => kind === 'group').map(({ id }) => id);
    if (groups.length === 0 || device.client === null) return;
    const id = chance.pick(groups);
    const isIn = device.client.conversation(id) !== null;
    void (isIn ? device.client.leaveGroup(id) : device.client.joinGroup(id)).catch(() => undefined);
  }

  /** What goes by HTTP: somebody is taken in or out, by whatever server is asked. */
  #manage(device: Device): void {
    const { chance } = this.#run;
    const group = this.#conversation(device, 'group');
    const wired = this.#anyServer();
    if (group === null || wired === null) return;
    const whom = this.#other(device.user).name;
    const what = chance.happens(0.5)
      ? wired.groups.add(callerOf(device), group.id, whom)
      : wired.groups.remove(callerOf(device), group.id, whom);
    void what.catch(() => undefined);
  }

  #block(device: Device): void {
    const wired = this.#anyServer();
    if (wired === null) return;
    const { chance, time } = this.#run;
    const whom = this.#other(device.user).name;
    const unblock = () => {
      const server = this.#anyServer();
      if (server === null) time.after(AGAIN_MS, unblock);
      else void server.chats.unblock(callerOf(device), whom).catch(() => undefined);
    };
    void wired.chats.block(callerOf(device), whom).catch(() => undefined);
    time.after(chance.between(100, 3_000), unblock);
    // Whatever became of that: in the end nobody is blocked.
    this.#at(HEAL_MS + 1_000, unblock);
  }

  #makeGroup(n: number): void {
    const { chance, users, devices } = this.#run;
    const device = chance.pick(devices);
    const members = users.filter(({ id }) => id !== device.user.id && chance.happens(0.8)).map(({ name }) => name);
    void device.client?.createGroup({ name: `group ${n}`, access: 'open', visibility: 'all', members }).catch(() => undefined);
  }

  #conversation(device: Device, kind?: 'group'): Conversation | null {
    const all = (device.client?.conversations ?? []).filter((conversation) => kind === undefined || conversation.kind === kind);
    return all.length === 0 ? null : this.#run.chance.pick(all);
  }

  #own(device: Device) {
    const conversation = this.#conversation(device);
    const own =
      conversation?.timeline.messages.filter(({ from, deletedAt }) => from === device.user.name && deletedAt === null) ?? [];
    return conversation === null || own.length === 0 ? null : { conversation, message: this.#run.chance.pick(own) };
  }

  #other(user: User): User {
    return this.#run.chance.pick(this.#run.users.filter(({ id }) => id !== user.id));
  }

  #anyServer() {
    const running = this.#run.servers.filter(({ process, wired }) => process.state === 'runs' && wired !== null);
    return running.length === 0 ? null : this.#run.chance.pick(running).wired;
  }

  #at(atMs: number, run: () => void): void {
    const { time } = this.#run;
    time.after(atMs - time.now(), run);
  }
}

const callerOf = ({ user, name }: Device) => ({ userId: user.id, username: user.name, sessionId: `session-${name}` });
