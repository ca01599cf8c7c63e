import type { Relay } from '../../server/src/ports/relay.js';
import type { Roster } from '../../server/src/ports/conversations.js';
import type { Profile } from '../../server/src/ports/profile.js';
import type { Bug } from './run.js';
import { withMethods } from './server.js';

const LOSES_EACH = 20;

type Others = NonNullable<Profile['others']>;

/** The profile with something of the way to other servers replaced. */
function others(change: (others: Others) => Partial<Others>): Bug {
  return {
    server: {
      profile: (profile) =>
        profile.others === null ? profile : { ...profile, others: { ...profile.others, ...change(profile.others) } },
    },
  };
}

const relay = (change: (relay: Relay) => Partial<Relay>): Bug =>
  others(({ relay: its }) => ({ relay: { ...its, ...change(its) } }));

const stores = (change: (profile: Profile) => Partial<Profile['stores']>): Bug => ({
  server: { profile: (profile) => ({ ...profile, stores: { ...profile.stores, ...change(profile) } }) },
});

/**
 * Variants of the product, each with one mechanism broken, by what a run passes to the parts: no path of the product
 * reads a switch. Each must be caught.
 */
export const PLANTED: Readonly<Record<string, Bug>> = {
  'D1 answers before the commit': { postgres: { answersBeforeCommit: true } },
  'D1 answers before the sync': { postgres: { skipsSync: true } },
  'R1 gives a seq again': { postgres: { reusesSeq: true } },
  'R1 does not find what became of a batch': { postgres: { forgetsPlaced: true } },
  'R2 looks before it has the locks': { postgres: { looksBeforeLock: true } },
  'R3 forgets client ids': { postgres: { forgetsSends: true } },
  'R4 lets sends of a connection overtake': {
    server: {
      profile: (profile, process) => {
        const { log } = profile.stores;
        const append: typeof log.append = async (call) => {
          await new Promise<void>((resolve) => void process.after(process.random() * 60, resolve));
          return log.append(call);
        };
        return { ...profile, stores: { ...profile.stores, log: withMethods(log, { append }) } };
      },
    },
  },
  'R6 takes a change that is stale': { postgres: { ignoresVersion: true } },
  'R6 never reads a list of members again': stores(({ stores: { conversations } }) => {
    const kept = new Map<string, Roster | null>();
    const roster: typeof conversations.roster = async (id) => {
      const read = await conversations.roster(id);
      const first = kept.get(id) ?? read;
      kept.set(id, first);
      return first === null || read === null ? read : { ...read, members: first.members };
    };
    return { conversations: withMethods(conversations, { roster }) };
  }),
  'R8 never enters the directory': relay(() => ({ here: () => Promise.resolve() })),
  'R8 deletes from the directory late and without a fence': { redis: { deletesUnfenced: true } },
  'R9 does not heal': others(({ moved }) => ({
    moved: withMethods(moved, {
      movedSince: async (query) => ({ ...(await moved.movedSince(query)), moved: [] }),
    }),
  })),
  'R9 ignores every doubt': relay((its) => ({
    listen: (listener) => its.listen(withMethods(listener, { doubt: () => undefined })),
  })),
  'R10 takes over nothing': { redis: { claimsNever: true } },
  'R14 drops frames that must arrive': {
    server: {
      socket: (socket) => {
        let writes = 0;
        return withMethods(socket, { write: (frames) => ((writes += 1) % LOSES_EACH === 0 ? undefined : socket.write(frames)) });
      },
    },
  },
  'R19 takes a failed write of the archive for done': {
    server: {
      outside: (outside) => ({
        ...outside,
        openArchive: async (...parts) => {
          const archive = await outside.openArchive(...parts);
          return withMethods(archive, { write: (entries) => archive.write(entries).catch(() => undefined) });
        },
      }),
    },
  },
  'drops a part of the journal early': { postgres: { dropsEarly: true } },
  'R20 acknowledges more than was asked': { postgres: { acknowledgesAll: true } },
  'R20 lets cursors go back': { postgres: { cursorsGoBack: true } },
  'R20 a device acknowledges over a gap': {
    mangle: (frame) =>
      frame.startsWith('{"type":"ACK"')
        ? frame.replace(/"upTo":(\d+)/, (_, upTo: string) => `"upTo":${Number(upTo) + 3}`)
        : frame,
  },
  'R20 tells of a cursor before its commit': stores(({ stores: { log } }) => {
    const moveCursor: typeof log.moveCursor = async (move) => {
      void log.moveCursor(move).catch(() => undefined);
      const { delivered, read = 0 } = move;
      return { delivered, read, unread: 0, moved: true, deliveredBefore: 0, readBefore: 0 };
    };
    return { log: withMethods(log, { moveCursor }) };
  }),
  'R21 reads by sending': { postgres: { readsOnSend: true } },
  "counts a member's own messages as unread": { postgres: { forgetsOwn: true } },
};

/**
 * Two that no checker sees, because something else makes up for them: a server whose fields in the directory vanish finds
 * that out when it writes them next, and asks for everything again. `--only` runs them too.
 */
export const MASKED: Readonly<Record<string, Bug>> = {
  'R9 ignores the epoch of Redis': { redis: { hidesEpoch: true } },
  'R10 does not notice that it was taken for dead': { redis: { renewsAlways: true } },
};
