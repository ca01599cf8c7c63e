import { dim } from '../text/row.js';
import type { Talk } from '../talk.js';
import { statusRows, type Status } from '../views/status.js';
import type { Commands } from './command.js';

/** The connection: how it is, and what happens when it breaks. */
export const connectionCommands: Commands = {
  status: { usage: '/status', about: 'the connections, the server, and what is unsent', run: showStatus },
  drop: { usage: '/drop', about: 'cuts the connections, to see them come back', run: ({ me }) => me.cable.drop() },
  mute: {
    usage: '/mute',
    about: 'stops reading and answering, until somebody gives up',
    run: (talk) => {
      talk.me.cable.mute();
      talk.print(
        dim('· nothing is read now; the connection is given up after 35 s, or with /reconnect 10 s later; /unmute ends it'),
      );
    },
  },
  unmute: { usage: '/unmute', about: 'reads again', run: ({ me }) => me.cable.unmute() },
  reconnect: {
    usage: '/reconnect',
    about: 'tries now; if there is a connection, makes sure that it answers',
    run: ({ me }) => me.client.reconnectNow(),
  },
};

async function showStatus(talk: Talk): Promise<void> {
  const { client, username, url } = talk.me;
  const server = await serverOf(talk);
  const { connection: chat, presence, outgoing, unread } = client;
  talk.print(
    ...statusRows({ username, url, chat, presence: presence.state, unsent: outgoing.length, unread, server, now: Date.now() }),
  );
}

async function serverOf({ me }: Talk): Promise<Status['server']> {
  const started = performance.now();
  try {
    const health = await me.api.health();
    return { health, tookMs: Math.round(performance.now() - started) };
  } catch {
    // Whatever the reason: it does not answer.
    return null;
  }
}
