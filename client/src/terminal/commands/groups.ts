import type { Access, Role, Visibility } from '@parley/protocol';
import { memberRows } from '../views/people.js';
import { dim } from '../text/row.js';
import type { Talk } from '../talk.js';
import { Usage, type Words } from '../words.js';
import type { Commands } from './command.js';

const PAGE_MEMBERS = 100;

/** Groups: making them, and who is in them. All but `create` and `join` are about the one that is open. */
export const groupCommands: Commands = {
  create: {
    usage: '/create NAME [MEMBER …]',
    about: 'makes a group; "a name of several words" stands in quotes',
    run: async (talk, words) => {
      const name = words.need('NAME');
      await talk.room.enter(await talk.me.client.createGroup({ name, members: words.all() }));
    },
  },
  join: {
    usage: '/join GROUP-ID',
    about: 'joins an open group',
    run: async (talk, words) => talk.room.enter(await talk.me.client.joinGroup(words.need('GROUP-ID'))),
  },
  leave: { usage: '/leave', about: 'leaves the group', run: (talk) => talk.me.client.leaveGroup(talk.room.group.id) },
  members: { usage: '/members', about: 'who is in the group, and how far each has read', run: showMembers },
  add: {
    usage: '/add NAME',
    about: 'adds somebody',
    run: (talk, words) => talk.me.api.addMember(talk.room.group.id, words.need('NAME')),
  },
  remove: {
    usage: '/remove NAME',
    about: 'takes somebody out',
    run: (talk, words) => talk.me.api.removeMember(talk.room.group.id, words.need('NAME')),
  },
  role: {
    usage: '/role NAME owner|admin|member',
    about: 'sets a member’s role',
    run: (talk, words) =>
      talk.me.api.setRole(talk.room.group.id, words.need('NAME'), oneOf<Role>(words, ['owner', 'admin', 'member'])),
  },
  rename: {
    usage: '/rename NAME',
    about: 'gives the group another name',
    run: async (talk, words) => void (await talk.me.api.changeGroup(talk.room.group.id, { name: words.needRest('NAME') })),
  },
  access: {
    usage: '/access open|invite',
    about: 'who may join: anybody with the id, or whom admins add',
    run: async (talk, words) =>
      void (await talk.me.api.changeGroup(talk.room.group.id, { access: oneOf<Access>(words, ['open', 'invite']) })),
  },
  visibility: {
    usage: '/visibility all|joined',
    about: 'what new members may read',
    run: async (talk, words) =>
      void (await talk.me.api.changeGroup(talk.room.group.id, { visibility: oneOf<Visibility>(words, ['all', 'joined']) })),
  },
};

async function showMembers(talk: Talk): Promise<void> {
  const { id } = talk.room.group;
  let after: string | undefined;
  do {
    const { members, hasMore } = await talk.me.api.members(id, { after, limit: PAGE_MEMBERS });
    talk.print(...memberRows(members));
    after = hasMore ? members.at(-1)?.username : undefined;
  } while (after !== undefined);
  talk.print(dim(`${talk.room.group.memberCount} members`));
}

function oneOf<T extends string>(words: Words, values: readonly T[]): T {
  const word = words.next();
  const value = values.find((known) => known === word);
  if (value === undefined) throw new Usage(`expected ${values.join(' or ')}`);
  return value;
}
