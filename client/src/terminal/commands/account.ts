import { sessionRows } from '../views/people.js';
import { dim } from '../text/row.js';
import type { Talk } from '../talk.js';
import { Usage } from '../words.js';
import type { Commands } from './command.js';

/** One's own account: where it is signed in, and its password. */
export const accountCommands: Commands = {
  sessions: {
    usage: '/sessions',
    about: 'where you are signed in',
    run: async (talk) => talk.print(...sessionRows(await talk.me.api.sessions(), Date.now())),
  },
  revoke: {
    usage: '/revoke NUMBER',
    about: 'ends one of them',
    run: async (talk, words) => {
      const session = (await talk.me.api.sessions())[(words.number() ?? 0) - 1];
      if (session === undefined) throw new Usage('expected a number of /sessions');
      await talk.me.api.endSession(session.sessionId);
    },
  },
  passwd: { usage: '/passwd', about: 'changes your password; your other sessions end', run: changePassword },
  logout: {
    usage: '/logout',
    about: 'ends this session, and the program',
    run: async (talk) => {
      await talk.me.api.logout();
      await talk.me.state?.forget();
      talk.quit();
    },
  },
};

async function changePassword(talk: Talk): Promise<void> {
  const current = (await talk.screen.ask('Your password now: ', true)) ?? '';
  const next = (await talk.screen.ask('The new one: ', true)) ?? '';
  if (talk.screen.isTerminal && (await talk.screen.ask('Again: ', true)) !== next) throw new Usage('that was not the same');
  await talk.me.api.changePassword({ current, next });
  talk.print(dim('· your password is changed; your other sessions have ended'));
}
