import { faultsOf } from '../runner/measured-load.js';
import { openChats, runDirect } from './direct-load.js';
import { loopFigure } from './figures.js';
import type { Scenario } from './scenario.js';

const knobs = {
  users: { about: 'people, two to a chat', byDefault: 200 },
  rate: { about: 'messages a second, all together', byDefault: 2_000 },
  seconds: { about: 'how long it is measured', byDefault: 30 },
  bytes: { about: 'length of a message', byDefault: 200 },
};

/** What `direct` also finds, by itself and for longer. */
export const loop: Scenario<keyof typeof knobs> = {
  name: 'loop',
  about: 'whether the store ever blocks the event loop, under steady one-to-one messages',
  knobs,
  run: (lab, settings) =>
    lab.withServer('loop', async (server) => {
      const chats = await openChats(lab, server, settings.users);
      const measured = await runDirect(lab, server, chats, settings, { kind: 'rate', perS: settings.rate });
      return {
        figures: [loopFigure(measured, settings.rate)],
        charts: [],
        runs: { loop: measured },
        ...faultsOf({ loop: measured }),
      };
    }),
};
