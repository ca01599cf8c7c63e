import { dim, name } from '../text/row.js';
import { presenceRow } from '../views/people.js';
import type { Commands } from './command.js';

/** People: who is there, and with whom one will have nothing to do. */
export const peopleCommands: Commands = {
  who: {
    usage: '/who',
    about: 'your friends, and who of them is there',
    run: async (talk) => {
      const { api, client } = talk.me;
      const friends = await api.friends();
      talk.print(...friends.map(({ username }) => presenceRow(username, client.presence.of(username), Date.now())));
    },
  },
  away: { usage: '/away', about: 'shows you as away', run: ({ me }) => me.client.presence.set('away') },
  back: { usage: '/back', about: 'shows you as online', run: ({ me }) => me.client.presence.set('online') },
  invisible: {
    usage: '/invisible',
    about: 'shows you as offline, until /back',
    run: ({ me }) => me.client.presence.set('invisible'),
  },
  find: {
    usage: '/find PREFIX',
    about: 'people whose name begins so',
    run: async (talk, words) => {
      const users = await talk.me.api.searchUsers(words.need('PREFIX'));
      talk.print(
        ...users.map(({ username, displayName }) => [name(username), displayName === null ? '' : dim(` ${displayName}`)]),
      );
    },
  },
  block: {
    usage: '/block NAME',
    about: 'neither hears from the other',
    run: (talk, words) => talk.me.api.block(words.need('NAME')),
  },
  unblock: {
    usage: '/unblock NAME',
    about: 'lifts it',
    run: (talk, words) => talk.me.api.unblock(words.need('NAME')),
  },
  blocks: {
    usage: '/blocks',
    about: 'whom you have blocked',
    run: async (talk) => talk.print(...(await talk.me.api.blocks()).map(({ username }) => username)),
  },
};
